//! Table `sessions`: who is signed in.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;

use super::members::Role;
use super::{Result, Store};
use crate::id::{AccountId, UserId};
use crate::token::TokenHash;

/// Somebody signed in, looking at one of their accounts.
#[derive(Debug, Clone)]
pub struct Session {
    /// The person.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub account_name: String,
    /// What they may do in it.
    pub role: Role,
}

/// Signs a person in for at most `absolute`.
pub async fn create(
    store: &Store,
    token: &TokenHash,
    user: UserId,
    account: AccountId,
    absolute: Duration,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO sessions (token_hash, user_id, account_id, expires_at)
         VALUES ($1, $2, $3, clock_timestamp() + $4)",
        token.as_bytes(),
        user.0,
        account.0,
        interval(absolute)
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// The session of a token, unless it expired or was not used for `idle`. Notes the use, at most once a minute.
pub async fn find(store: &Store, token: &TokenHash, idle: Duration) -> Result<Option<Session>> {
    let session = sqlx::query_as!(
        Session,
        r#"SELECT s.user_id AS "user: UserId", u.email, s.account_id AS "account: AccountId", a.name AS account_name, m.role
           FROM sessions s
           JOIN users u ON u.id = s.user_id
           JOIN members m ON m.account_id = s.account_id AND m.user_id = s.user_id
           JOIN accounts a ON a.id = s.account_id
           WHERE s.token_hash = $1 AND s.expires_at > clock_timestamp() AND s.last_used_at > clock_timestamp() - $2::interval"#,
        token.as_bytes(),
        interval(idle)
    )
    .fetch_optional(store.pool())
    .await?;
    if session.is_some() {
        sqlx::query!(
            "UPDATE sessions SET last_used_at = clock_timestamp()
             WHERE token_hash = $1 AND last_used_at < clock_timestamp() - interval '1 minute'",
            token.as_bytes()
        )
        .execute(store.pool())
        .await?;
    }
    Ok(session)
}

/// Signs out.
pub async fn delete(store: &Store, token: &TokenHash) -> Result<()> {
    sqlx::query!("DELETE FROM sessions WHERE token_hash = $1", token.as_bytes()).execute(store.pool()).await?;
    Ok(())
}

/// Signs a person out everywhere.
pub async fn delete_all_of(store: &Store, user: UserId) -> Result<()> {
    sqlx::query!("DELETE FROM sessions WHERE user_id = $1", user.0).execute(store.pool()).await?;
    Ok(())
}

/// Removes what has expired.
pub async fn delete_expired(store: &Store) -> Result<u64> {
    let deleted =
        sqlx::query!("DELETE FROM sessions WHERE expires_at < clock_timestamp()").execute(store.pool()).await?;
    Ok(deleted.rows_affected())
}

/// A duration as Postgres adds it to a time.
pub(super) fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
