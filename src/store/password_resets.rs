//! Table `password_resets`: links with which a person sets a new password.

use std::time::Duration;

use super::interval::interval;
use super::{Result, Store};
use crate::id::UserId;
use crate::token::TokenHash;

/// Stores a link. An older link of the same person stops working.
pub async fn create(store: &Store, token: &TokenHash, user: UserId, lifetime: Duration) -> Result<()> {
    sqlx::query!(
        "INSERT INTO password_resets (token_hash, user_id, expires_at) VALUES ($1, $2, clock_timestamp() + $3)
         ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at",
        token.as_bytes(),
        user.0,
        interval(lifetime)
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// The person of a link that can still be used.
pub async fn find(store: &Store, token: &TokenHash) -> Result<Option<UserId>> {
    let user = sqlx::query_scalar!(
        r#"SELECT user_id AS "user: UserId" FROM password_resets
           WHERE token_hash = $1 AND expires_at > clock_timestamp()"#,
        token.as_bytes()
    );
    Ok(user.fetch_optional(store.pool()).await?)
}

/// Uses a link up. Of several calls at once only one succeeds.
pub async fn take(store: &Store, token: &TokenHash) -> Result<bool> {
    let used = sqlx::query!(
        "DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > clock_timestamp()",
        token.as_bytes()
    )
    .execute(store.pool())
    .await?;
    Ok(used.rows_affected() > 0)
}
