//! Tables `accounts` and `broadcast_periods`: tenants, and the periods in which their Broadcast was on.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::audit::{NewEntry, record_for_person};
pub use super::content_readers::ContentReaders;
use super::interval::interval;
use super::{Result, Store, Tenant, set_account, set_person};
use crate::id::{AccountId, UserId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub broadcast_enabled: bool,
    /// Account-wide Privacy Mode.
    pub privacy_mode: bool,
    /// Whether only members with a second factor see the account.
    pub second_factor_required: bool,
    /// Who may read prompts and completions on the pages.
    pub content_readers: ContentReaders,
    pub created_at: DateTime<Utc>,
}

/// Somebody who signs up for the first time.
#[derive(Debug, Clone)]
pub struct NewUser<'a> {
    /// Identifier, made by the caller.
    pub id: UserId,
    /// Lower-case.
    pub email: &'a str,
    /// argon2id PHC string.
    pub password_hash: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// Person, account and membership were created.
    Created,
    /// The e-mail address is taken. Nothing was created.
    EmailTaken,
    /// The sign-up was for an empty instance, which is not empty any more. Nothing was created.
    NotFirst,
}

/// Creates a person with an account of their own. With `first`, only if there is no person yet.
pub async fn create_with_admin(
    store: &Store,
    user: &NewUser<'_>,
    (account, name): (AccountId, &str),
    first: bool,
    entry: &NewEntry,
) -> Result<Created> {
    let mut transaction = store.begin().await?;
    if first {
        // Two first visitors at once: the second waits here and then sees the first one's row.
        sqlx::query!("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").execute(&mut *transaction).await?;
        let taken = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users) AS "taken!""#);
        if taken.fetch_one(&mut *transaction).await? {
            return Ok(Created::NotFirst);
        }
    }
    let inserted = sqlx::query!(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING",
        user.id.0,
        user.email,
        user.password_hash
    )
    .execute(&mut *transaction)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(Created::EmailTaken);
    }
    set_account(&mut transaction, account).await?;
    sqlx::query!("INSERT INTO accounts (id, name) VALUES ($1, $2)", account.0, name).execute(&mut *transaction).await?;
    sqlx::query!("INSERT INTO members (account_id, user_id, role) VALUES ($1, $2, 'admin')", account.0, user.id.0)
        .execute(&mut *transaction)
        .await?;
    record_for_person(&mut transaction, user.id, entry).await?;
    transaction.commit().await?;
    Ok(Created::Created)
}

/// Accounts of this name, the oldest first: for the operator's commands.
pub async fn list_by_name(store: &Store, name: &str) -> Result<Vec<AccountId>> {
    let ids = sqlx::query_scalar!(r#"SELECT id AS "id: AccountId" FROM accounts WHERE name = $1 ORDER BY id"#, name);
    Ok(ids.fetch_all(store.pool()).await?)
}

pub async fn find(tenant: &mut Tenant) -> Result<Option<Account>> {
    let id = tenant.account().0;
    let account = sqlx::query_as!(
        Account,
        r#"SELECT id AS "id: AccountId", name, broadcast_enabled, privacy_mode, second_factor_required, content_readers, created_at
           FROM accounts WHERE id = $1"#,
        id
    );
    Ok(account.fetch_optional(tenant.connection()).await?)
}

pub async fn put_name(tenant: &mut Tenant, name: &str) -> Result<()> {
    let id = tenant.account().0;
    sqlx::query!("UPDATE accounts SET name = $2 WHERE id = $1", id, name).execute(tenant.connection()).await?;
    Ok(())
}

/// Gives whether the switch changed.
pub async fn put_privacy_mode(tenant: &mut Tenant, private: bool) -> Result<bool> {
    let id = tenant.account().0;
    let changed =
        sqlx::query!("UPDATE accounts SET privacy_mode = $2 WHERE id = $1 AND privacy_mode <> $2", id, private)
            .execute(tenant.connection())
            .await?;
    Ok(changed.rows_affected() > 0)
}

/// Gives whether the setting changed.
pub async fn put_second_factor_required(tenant: &mut Tenant, required: bool) -> Result<bool> {
    let id = tenant.account().0;
    let changed = sqlx::query!(
        "UPDATE accounts SET second_factor_required = $2 WHERE id = $1 AND second_factor_required <> $2",
        id,
        required
    )
    .execute(tenant.connection())
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Gives who might read before. None: nothing changed.
pub async fn put_content_readers(tenant: &mut Tenant, readers: ContentReaders) -> Result<Option<ContentReaders>> {
    let id = tenant.account().0;
    let before = sqlx::query_scalar!(
        r#"UPDATE accounts SET content_readers = $2
           FROM (SELECT content_readers FROM accounts WHERE id = $1 FOR NO KEY UPDATE) before
           WHERE id = $1 AND before.content_readers <> $2
           RETURNING before.content_readers AS "before!""#,
        id,
        readers.name()
    );
    Ok(before.fetch_optional(tenant.connection()).await?.map(ContentReaders::from))
}

/// Switches Broadcast and opens or closes the period in which completed requests are exported. Gives whether the switch
/// changed.
pub async fn put_broadcast(tenant: &mut Tenant, enabled: bool) -> Result<bool> {
    let id = tenant.account().0;
    let changed = sqlx::query!(
        "UPDATE accounts SET broadcast_enabled = $2 WHERE id = $1 AND broadcast_enabled <> $2",
        id,
        enabled
    )
    .execute(tenant.connection())
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    if enabled {
        sqlx::query!("INSERT INTO broadcast_periods (account_id, started_at) VALUES ($1, clock_timestamp())", id)
            .execute(tenant.connection())
            .await?;
    } else {
        sqlx::query!(
            "UPDATE broadcast_periods SET ended_at = greatest(started_at, clock_timestamp()) WHERE account_id = $1 AND ended_at IS NULL",
            id
        )
        .execute(tenant.connection())
        .await?;
    }
    Ok(true)
}

/// Deletes periods that ended before the retention. Requests that completed within them were recorded long ago.
pub async fn delete_expired_periods(store: &Store, retention: Duration) -> Result<()> {
    let ended = sqlx::query!(
        "DELETE FROM broadcast_periods WHERE ended_at < clock_timestamp() - $1::interval - interval '1 day'",
        interval(retention)
    );
    ended.execute(store.pool()).await?;
    Ok(())
}

/// Deletes the account and the people who belong to no other. Its log ([`super::log::delete_of`]) and what its destinations
/// left ([`super::deliveries::delete_orphans`]) are deleted later. A session of a remaining member moves on to another of their
/// accounts.
pub async fn delete(tenant: &mut Tenant) -> Result<()> {
    let id = tenant.account().0;
    sqlx::query!("SELECT id FROM accounts WHERE id = $1 FOR UPDATE", id).fetch_all(tenant.connection()).await?;
    let members = sqlx::query_scalar!(r#"SELECT user_id AS "user: UserId" FROM members WHERE account_id = $1"#, id);
    for member in members.fetch_all(tenant.connection()).await? {
        set_person(tenant.connection(), member).await?;
        let kept = sqlx::query!(
            "UPDATE sessions SET account_id = other.account_id
             FROM (SELECT account_id FROM members WHERE user_id = $2 AND account_id <> $1 ORDER BY created_at LIMIT 1) other
             WHERE sessions.account_id = $1 AND sessions.user_id = $2",
            id,
            member.0
        );
        kept.execute(tenant.connection()).await?;
        sqlx::query!(
            "DELETE FROM users WHERE id = $2 AND NOT EXISTS (SELECT FROM members WHERE user_id = $2 AND account_id <> $1)",
            id,
            member.0
        )
        .execute(tenant.connection())
        .await?;
    }
    sqlx::query!("DELETE FROM accounts WHERE id = $1", id).execute(tenant.connection()).await?;
    Ok(())
}

/// Locks the account until the transaction ends: nobody else changes its admins, keys, invitations or destinations, which are
/// counted.
pub(super) async fn lock(tenant: &mut Tenant) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query!("SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account)
        .fetch_all(tenant.connection())
        .await?;
    Ok(())
}
