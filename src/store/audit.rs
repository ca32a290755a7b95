//! Table `audit_log`: who did what. An entry is added in the transaction of the change that it records, and never changed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::throttle::Subject;
use super::{Result, Store, Tenant, set_person};
use crate::id::UserId;

/// An entry to be added.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Made by the caller.
    pub id: Uuid,
    pub event: &'static str,
    /// `person`, `key`, `operator` or `stranger`.
    pub actor_kind: &'static str,
    /// None for an operator or a stranger.
    pub actor_id: Option<Uuid>,
    /// Their name at this time.
    pub actor: String,
    /// Network address.
    pub address: Option<String>,
    /// The name of the thing or person that was changed.
    pub subject: String,
    /// The values that changed, as they were.
    pub before: Option<Value>,
    /// The values that changed, as they are now.
    pub after: Option<Value>,
}

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Ordered by time.
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub event: String,
    /// `person`, `key`, `operator` or `stranger`.
    pub actor_kind: String,
    /// Their name at that time.
    pub actor: String,
    /// Network address.
    pub address: Option<String>,
    /// The name of the thing or person that was changed.
    pub subject: String,
    /// The values that changed, as they were.
    pub before: Option<Value>,
    /// The values that changed, as they were afterwards.
    pub after: Option<Value>,
}

#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    pub event: Option<&'a str>,
    /// The name of a person or key.
    pub actor: Option<&'a str>,
    /// Only entries older than this one.
    pub before: Option<Uuid>,
}

pub async fn record(tenant: &mut Tenant, entry: &NewEntry) -> Result<()> {
    let account = tenant.account();
    insert(tenant.connection(), &[account.0], entry).await
}

/// Records that a person read the content of a request, of which the first time in an hour is kept.
///
/// Apart from the other entries, because a person's entries go to accounts whose log their transaction may not read, and looking
/// for a conflict is reading.
pub async fn record_reading(tenant: &mut Tenant, entry: &NewEntry) -> Result<()> {
    let account = tenant.account();
    let insert = sqlx::query!(
        "INSERT INTO audit_log (account_id, id, event, actor_kind, actor_id, actor, address, subject)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (account_id, actor_id, subject, date_trunc('hour', timezone('UTC', at))) WHERE event = 'content_read'
         DO NOTHING",
        account.0,
        entry.id,
        entry.event,
        entry.actor_kind,
        entry.actor_id,
        entry.actor,
        entry.address,
        entry.subject
    );
    insert.execute(tenant.connection()).await?;
    Ok(())
}

/// Adds an entry to the log of every account of a person.
pub(super) async fn record_for_person(connection: &mut PgConnection, person: UserId, entry: &NewEntry) -> Result<()> {
    set_person(&mut *connection, person).await?;
    let accounts = sqlx::query_scalar!("SELECT account_id FROM members WHERE user_id = $1", person.0)
        .fetch_all(&mut *connection)
        .await?;
    insert(connection, &accounts, entry).await
}

/// Adds an entry to the log of every account of the person with this e-mail address.
///
/// Where no person has it, the work and the durability of the write are the same: the duration reveals nothing.
pub async fn record_for_email(store: &Store, attempts: Subject, email: &str, entry: &NewEntry) -> Result<()> {
    let mut transaction = store.begin().await?;
    sqlx::query!("UPDATE sign_in_throttle SET last_at = clock_timestamp() WHERE subject = $1", &attempts.0)
        .execute(&mut *transaction)
        .await?;
    let person = sqlx::query_scalar!(r#"SELECT id AS "id: UserId" FROM users WHERE email = $1"#, email)
        .fetch_optional(&mut *transaction)
        .await?
        .unwrap_or(UserId(Uuid::nil()));
    record_for_person(&mut transaction, person, entry).await?;
    Ok(transaction.commit().await?)
}

/// Adds the same entry to the logs of these accounts.
async fn insert(connection: &mut PgConnection, accounts: &[Uuid], entry: &NewEntry) -> Result<()> {
    sqlx::query!(
        "INSERT INTO audit_log (account_id, id, event, actor_kind, actor_id, actor, address, subject, before, after)
         SELECT account_id, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM unnest($1::uuid[]) AS account_id",
        accounts,
        entry.id,
        entry.event,
        entry.actor_kind,
        entry.actor_id,
        entry.actor,
        entry.address,
        entry.subject,
        entry.before.as_ref(),
        entry.after.as_ref()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// At most `most` entries of the account, the newest first.
pub async fn list(tenant: &mut Tenant, filter: &Filter<'_>, most: i64) -> Result<Vec<Entry>> {
    let account = tenant.account().0;
    let entries = sqlx::query_as!(
        Entry,
        "SELECT id, at, event, actor_kind, actor, address, subject, before, after FROM audit_log
         WHERE account_id = $1 AND ($2::text IS NULL OR event = $2) AND ($3::text IS NULL OR actor = $3)
           AND ($4::uuid IS NULL OR id < $4)
         ORDER BY id DESC LIMIT $5",
        account,
        filter.event,
        filter.actor,
        filter.before,
        most
    );
    Ok(entries.fetch_all(tenant.connection()).await?)
}

/// The names of all actors in the account's log, in order.
pub async fn list_actors(tenant: &mut Tenant) -> Result<Vec<String>> {
    let account = tenant.account().0;
    let actors = sqlx::query_scalar!(
        "SELECT DISTINCT actor FROM audit_log WHERE account_id = $1 ORDER BY actor LIMIT 500",
        account
    );
    Ok(actors.fetch_all(tenant.connection()).await?)
}
