//! Table `users`: people who sign in.

use super::audit::{NewEntry, record_for_person};
use super::sessions::delete_all_of;
use super::{Result, Store};
use crate::id::UserId;

#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    /// The address they sign in with.
    pub email: String,
    /// argon2id PHC string.
    pub password_hash: String,
    pub has_second_factor: bool,
}

/// Whether nobody has ever signed up.
pub async fn is_empty(store: &Store) -> Result<bool> {
    let empty = sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT FROM users) AS "empty!""#);
    Ok(empty.fetch_one(store.pool()).await?)
}

/// `email` is lower-case.
pub async fn find_by_email(store: &Store, email: &str) -> Result<Option<User>> {
    let user = sqlx::query_as!(
        User,
        r#"SELECT id AS "id: UserId", email, password_hash, totp_confirmed_at IS NOT NULL AS "has_second_factor!" FROM users WHERE email = $1"#,
        email
    );
    Ok(user.fetch_optional(store.pool()).await?)
}

pub async fn find(store: &Store, id: UserId) -> Result<Option<User>> {
    let user = sqlx::query_as!(
        User,
        r#"SELECT id AS "id: UserId", email, password_hash, totp_confirmed_at IS NOT NULL AS "has_second_factor!" FROM users WHERE id = $1"#,
        id.0
    );
    Ok(user.fetch_optional(store.pool()).await?)
}

/// Replaces the hash of a password that stays the same, unless the person changed the password meanwhile.
pub async fn put_hash(store: &Store, id: UserId, old: &str, new: &str) -> Result<()> {
    sqlx::query!("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2", id.0, old, new)
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Replaces a person's password and ends all their sessions.
pub async fn put_password(store: &Store, id: UserId, password_hash: &str, entry: &NewEntry) -> Result<()> {
    let mut transaction = store.person(id).await?;
    sqlx::query!("UPDATE users SET password_hash = $2 WHERE id = $1", id.0, password_hash)
        .execute(&mut *transaction)
        .await?;
    delete_all_of(&mut transaction, id).await?;
    record_for_person(&mut transaction, id, entry).await?;
    Ok(transaction.commit().await?)
}
