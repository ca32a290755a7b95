//! Table `sessions`: people who are signed in.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::audit::{NewEntry, record_for_person};
use super::interval::interval;
use super::members::{self, Membership};
use super::role::Role;
use super::{Result, Store, Tenant, set_person};
use crate::client::Client;
use crate::id::{AccountId, SessionId, UserId};
use crate::token::TokenHash;

/// A person who is signed in, in one of their accounts.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// The person's e-mail address.
    pub email: String,
    pub account: AccountId,
    /// The account's name.
    pub account_name: String,
    /// The person's role in the account.
    pub role: Role,
    /// When the password was last typed.
    pub confirmed_at: DateTime<Utc>,
    /// When the session was found, by the database's clock. The instants that are compared with it come from the same clock.
    pub now: DateTime<Utc>,
    /// Whether the account asks for a second factor that the person does not have.
    pub lacks_second_factor: bool,
}

/// A session as its person sees it in a list.
#[derive(Debug, Clone)]
pub struct ListedSession {
    pub id: SessionId,
    /// The network address at which it began.
    pub address: String,
    /// The browser, as it calls itself.
    pub device: String,
    pub created_at: DateTime<Utc>,
    /// To the minute.
    pub last_used_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Made by the caller.
    pub id: SessionId,
    /// Hash of the cookie's token.
    pub token: &'a TokenHash,
    pub user: UserId,
    /// The account that they see first.
    pub account: AccountId,
    /// Network address and browser.
    pub client: &'a Client,
    /// The session ends after this long in any case.
    pub absolute: Duration,
}

pub async fn create(store: &Store, new: &NewSession<'_>, entry: &NewEntry) -> Result<()> {
    let mut transaction = store.person(new.user).await?;
    sqlx::query!(
        "INSERT INTO sessions (id, token_hash, user_id, account_id, address, device, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7)",
        new.id.0,
        new.token.as_bytes(),
        new.user.0,
        new.account.0,
        new.client.address.to_string(),
        new.client.device,
        interval(new.absolute)
    )
    .execute(&mut *transaction)
    .await?;
    record_for_person(&mut transaction, new.user, entry).await?;
    Ok(transaction.commit().await?)
}

/// A valid session and what it opens.
#[derive(Debug)]
pub struct Opened {
    pub session: Session,
    /// All accounts of the person, by name.
    pub accounts: Vec<Membership>,
    /// A transaction in the session's account. It is meant for reading, and holds a connection.
    pub tenant: Tenant,
}

/// How often a session is looked up that moves between accounts, or whose use is to be recorded.
const LOOKS: usize = 4;

/// Opens the session of a token, unless it expired or was not used for `idle`. Records the use, at most once a minute.
pub async fn open(store: &Store, token: &TokenHash, idle: Duration) -> Result<Option<Opened>> {
    for _ in 0..LOOKS {
        let mut transaction = store.holder(token).await?;
        let Some(found) = find(&mut transaction, token, idle).await? else { return Ok(None) };
        if found.is_use_unnoted {
            note_use(&mut transaction, &found).await?;
            transaction.commit().await?;
            continue;
        }
        let accounts = members::list_accounts(&mut transaction, found.user).await?;
        // Between the two queries the person may have left the account. Then the session has moved on to another one.
        let Some(membership) = accounts.iter().find(|membership| membership.account == found.account) else { continue };
        let session = found.within(membership);
        return Ok(Some(Opened { tenant: Tenant { account: session.account, transaction }, session, accounts }));
    }
    Ok(None)
}

/// Values of a session's row and of its person's.
struct Found {
    id: SessionId,
    user: UserId,
    email: String,
    has_second_factor: bool,
    account: AccountId,
    confirmed_at: DateTime<Utc>,
    now: DateTime<Utc>,
    is_use_unnoted: bool,
}

impl Found {
    fn within(self, membership: &Membership) -> Session {
        Session {
            id: self.id,
            user: self.user,
            email: self.email,
            account: self.account,
            account_name: membership.name.clone(),
            role: membership.role,
            confirmed_at: self.confirmed_at,
            now: self.now,
            lacks_second_factor: membership.second_factor_required && !self.has_second_factor,
        }
    }
}

/// Finds a session by its token. From then on the transaction reaches the rows of the session's account and person, no longer
/// those that the token opened: Postgres computes a row's values after it has chosen the row.
async fn find(connection: &mut PgConnection, token: &TokenHash, idle: Duration) -> Result<Option<Found>> {
    let row = sqlx::query!(
        r#"SELECT s.id AS "id: SessionId", s.user_id AS "user: UserId", u.email,
                  u.totp_confirmed_at IS NOT NULL AS "has_second_factor!", s.account_id AS "account: AccountId",
                  s.confirmed_at, clock_timestamp() AS "now!",
                  s.last_used_at < clock_timestamp() - interval '1 minute' AS "is_use_unnoted!",
                  set_config('app.account_id', s.account_id::text, true) AS account_setting,
                  set_config('app.user_id', s.user_id::text, true) AS person_setting,
                  set_config('app.secret', '', true) AS secret_setting
           FROM sessions s JOIN users u ON u.id = s.user_id
           WHERE s.token_hash = $1 AND s.expires_at > clock_timestamp()
             AND s.last_used_at > clock_timestamp() - $2::interval"#,
        token.as_bytes(),
        interval(idle)
    );
    Ok(row.fetch_optional(connection).await?.map(|row| Found {
        id: row.id,
        user: row.user,
        email: row.email,
        has_second_factor: row.has_second_factor,
        account: row.account,
        confirmed_at: row.confirmed_at,
        now: row.now,
        is_use_unnoted: row.is_use_unnoted,
    }))
}

async fn note_use(connection: &mut PgConnection, found: &Found) -> Result<()> {
    sqlx::query!(
        "UPDATE sessions SET last_used_at = clock_timestamp()
         WHERE user_id = $1 AND id = $2 AND last_used_at < clock_timestamp() - interval '1 minute'",
        found.user.0,
        found.id.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A person's valid sessions, the latest used first.
pub async fn list(tenant: &mut Tenant, user: UserId, idle: Duration) -> Result<Vec<ListedSession>> {
    set_person(tenant.connection(), user).await?;
    let sessions = sqlx::query_as!(
        ListedSession,
        r#"SELECT id AS "id: SessionId", address, device, created_at, last_used_at FROM sessions
           WHERE user_id = $1 AND expires_at > clock_timestamp() AND last_used_at > clock_timestamp() - $2::interval
           ORDER BY last_used_at DESC, id"#,
        user.0,
        interval(idle)
    );
    Ok(sessions.fetch_all(tenant.connection()).await?)
}

/// Moves a session to another account of its person. False: they do not belong to that account.
pub async fn put_account(store: &Store, user: UserId, id: SessionId, account: AccountId) -> Result<bool> {
    let mut transaction = store.person(user).await?;
    let switched = sqlx::query!(
        "UPDATE sessions SET account_id = $3
         WHERE user_id = $1 AND id = $2 AND EXISTS (SELECT FROM members m WHERE m.account_id = $3 AND m.user_id = $1)",
        user.0,
        id.0,
        account.0
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(switched.rows_affected() > 0)
}

/// Records that the password was typed again, and gives the session another token.
pub async fn confirm(store: &Store, user: UserId, id: SessionId, token: &TokenHash) -> Result<()> {
    let mut transaction = store.person(user).await?;
    sqlx::query!(
        "UPDATE sessions SET confirmed_at = clock_timestamp(), token_hash = $3 WHERE user_id = $1 AND id = $2",
        user.0,
        id.0,
        token.as_bytes()
    )
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// Ends one of a person's sessions. False: it is not theirs, or has ended already.
pub async fn delete(store: &Store, user: UserId, id: SessionId, entry: &NewEntry) -> Result<bool> {
    let mut transaction = store.person(user).await?;
    let deleted = sqlx::query!("DELETE FROM sessions WHERE user_id = $1 AND id = $2", user.0, id.0)
        .execute(&mut *transaction)
        .await?;
    if deleted.rows_affected() == 0 {
        return Ok(false);
    }
    record_for_person(&mut transaction, user, entry).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Ends all of a person's sessions but one.
pub async fn delete_others(store: &Store, user: UserId, kept: SessionId, entry: &NewEntry) -> Result<()> {
    let mut transaction = store.person(user).await?;
    sqlx::query!("DELETE FROM sessions WHERE user_id = $1 AND id <> $2", user.0, kept.0)
        .execute(&mut *transaction)
        .await?;
    record_for_person(&mut transaction, user, entry).await?;
    Ok(transaction.commit().await?)
}

/// Ends all of a person's sessions, sign-ins and password links: for the operator.
pub async fn delete_all(store: &Store, user: UserId, entry: &NewEntry) -> Result<()> {
    let mut transaction = store.person(user).await?;
    delete_all_of(&mut transaction, user).await?;
    record_for_person(&mut transaction, user, entry).await?;
    Ok(transaction.commit().await?)
}

/// Ends all of a person's sessions, sign-ins that wait for a second factor, and password links.
pub(super) async fn delete_all_of(connection: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!("DELETE FROM sessions WHERE user_id = $1", user.0).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM sign_in_steps WHERE user_id = $1", user.0).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM password_resets WHERE user_id = $1", user.0).execute(connection).await?;
    Ok(())
}

pub async fn delete_expired(store: &Store) -> Result<u64> {
    let deleted =
        sqlx::query!("DELETE FROM sessions WHERE expires_at < clock_timestamp()").execute(store.pool()).await?;
    Ok(deleted.rows_affected())
}
