//! Table `users`: people who sign in.

use super::{Result, Store};
use crate::id::UserId;

/// A person, as sign-in needs them.
#[derive(Debug, Clone)]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// argon2id PHC string.
    pub password_hash: String,
}

/// Whether anybody has ever signed up.
pub async fn is_empty(store: &Store) -> Result<bool> {
    let empty = sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT FROM users) AS "empty!""#);
    Ok(empty.fetch_one(store.pool()).await?)
}

/// The person with this e-mail address (lower-case).
pub async fn find_by_email(store: &Store, email: &str) -> Result<Option<User>> {
    let user = sqlx::query_as!(User, r#"SELECT id AS "id: UserId", password_hash FROM users WHERE email = $1"#, email);
    Ok(user.fetch_optional(store.pool()).await?)
}

/// The person with this identifier.
pub async fn find(store: &Store, id: UserId) -> Result<Option<User>> {
    let user = sqlx::query_as!(User, r#"SELECT id AS "id: UserId", password_hash FROM users WHERE id = $1"#, id.0);
    Ok(user.fetch_optional(store.pool()).await?)
}

/// Replaces a person's password.
pub async fn put_password(store: &Store, id: UserId, password_hash: &str) -> Result<()> {
    sqlx::query!("UPDATE users SET password_hash = $2 WHERE id = $1", id.0, password_hash)
        .execute(store.pool())
        .await?;
    Ok(())
}
