//! The second factor of people: their sealed secret, recovery codes, and sign-ins that wait for the second factor.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor};

use super::audit::{NewEntry, record_for_person};
use super::interval::interval;
use super::{Result, Store, Tenant};
use crate::id::UserId;
use crate::token::TokenHash;

/// The stored second factor of a person.
#[derive(Debug, Clone)]
pub struct SecondFactor {
    pub secret: Option<Vec<u8>>,
    /// Whether it is in force: the person has typed a code of it.
    pub is_on: bool,
    /// The newest time step of which a code was accepted.
    pub last_step: i64,
    /// Unused recovery codes.
    pub codes_left: i64,
}

pub async fn find(store: &Store, user: UserId) -> Result<Option<SecondFactor>> {
    find_by(store.pool(), user).await
}

/// As [`find`], in the transaction of a page.
pub async fn find_within(tenant: &mut Tenant, user: UserId) -> Result<Option<SecondFactor>> {
    find_by(tenant.connection(), user).await
}

async fn find_by(executor: impl PgExecutor<'_>, user: UserId) -> Result<Option<SecondFactor>> {
    let factor = sqlx::query_as!(
        SecondFactor,
        r#"SELECT totp_secret AS secret, totp_confirmed_at IS NOT NULL AS "is_on!", totp_last_step AS last_step,
                  (SELECT count(*) FROM recovery_codes c WHERE c.user_id = users.id) AS "codes_left!"
           FROM users WHERE id = $1"#,
        user.0
    );
    Ok(factor.fetch_optional(executor).await?)
}

/// Stores a new secret that is not in force yet. False: another is in force, and stays.
pub async fn put_secret(store: &Store, user: UserId, secret: &[u8]) -> Result<bool> {
    let stored = sqlx::query!(
        "UPDATE users SET totp_secret = $2, totp_last_step = 0 WHERE id = $1 AND totp_confirmed_at IS NULL",
        user.0,
        secret
    )
    .execute(store.pool())
    .await?;
    Ok(stored.rows_affected() > 0)
}

/// Replaces a secret that no key opens any more. False: somebody else changed it meanwhile.
pub async fn replace_secret(store: &Store, user: UserId, old: &[u8], new: &[u8], entry: &NewEntry) -> Result<bool> {
    let mut transaction = store.begin().await?;
    let replaced =
        sqlx::query!("UPDATE users SET totp_secret = $3 WHERE id = $1 AND totp_secret = $2", user.0, old, new)
            .execute(&mut *transaction)
            .await?;
    if replaced.rows_affected() == 0 {
        return Ok(false);
    }
    record_for_person(&mut transaction, user, entry).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Puts the stored secret into force, with recovery codes. False: one is in force already.
pub async fn confirm(store: &Store, user: UserId, step: i64, codes: &[TokenHash], entry: &NewEntry) -> Result<bool> {
    let mut transaction = store.begin().await?;
    let confirmed = sqlx::query!(
        "UPDATE users SET totp_confirmed_at = clock_timestamp(), totp_last_step = $2
         WHERE id = $1 AND totp_confirmed_at IS NULL AND totp_secret IS NOT NULL",
        user.0,
        step
    )
    .execute(&mut *transaction)
    .await?;
    if confirmed.rows_affected() == 0 {
        return Ok(false);
    }
    replace_codes(&mut transaction, user, codes).await?;
    record_for_person(&mut transaction, user, entry).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Deletes a person's second factor with its recovery codes.
pub async fn delete(store: &Store, user: UserId, entry: &NewEntry) -> Result<()> {
    let mut transaction = store.begin().await?;
    sqlx::query!(
        "UPDATE users SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = 0 WHERE id = $1",
        user.0
    )
    .execute(&mut *transaction)
    .await?;
    replace_codes(&mut transaction, user, &[]).await?;
    record_for_person(&mut transaction, user, entry).await?;
    Ok(transaction.commit().await?)
}

pub async fn put_codes(store: &Store, user: UserId, codes: &[TokenHash], entry: &NewEntry) -> Result<()> {
    let mut transaction = store.begin().await?;
    replace_codes(&mut transaction, user, codes).await?;
    record_for_person(&mut transaction, user, entry).await?;
    Ok(transaction.commit().await?)
}

/// Records that the code of a step was accepted. False: this code or a newer one was accepted before.
pub async fn take_step(store: &Store, user: UserId, step: i64) -> Result<bool> {
    let taken =
        sqlx::query!("UPDATE users SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2", user.0, step)
            .execute(store.pool())
            .await?;
    Ok(taken.rows_affected() > 0)
}

/// Uses a recovery code up. False: there is no such unused code.
pub async fn take_code(store: &Store, user: UserId, code: &TokenHash, entry: &NewEntry) -> Result<bool> {
    let mut transaction = store.begin().await?;
    let taken =
        sqlx::query!("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2", user.0, code.as_bytes())
            .execute(&mut *transaction)
            .await?;
    if taken.rows_affected() == 0 {
        return Ok(false);
    }
    record_for_person(&mut transaction, user, entry).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Records that a person has shown their password and has yet to show their second factor. Deletes expired steps.
pub async fn create_step(store: &Store, token: &TokenHash, user: UserId, lifetime: Duration) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_steps WHERE expires_at < clock_timestamp()").execute(store.pool()).await?;
    sqlx::query!(
        "INSERT INTO sign_in_steps (token_hash, user_id, expires_at) VALUES ($1, $2, clock_timestamp() + $3)",
        token.as_bytes(),
        user.0,
        interval(lifetime)
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// The person who has yet to show their second factor with this token.
pub async fn find_step(store: &Store, token: &TokenHash) -> Result<Option<UserId>> {
    let user = sqlx::query_scalar!(
        r#"SELECT user_id AS "user: UserId" FROM sign_in_steps
           WHERE token_hash = $1 AND expires_at > clock_timestamp()"#,
        token.as_bytes()
    );
    Ok(user.fetch_optional(store.pool()).await?)
}

/// Deletes all steps of a person who has shown their second factor.
pub async fn delete_steps(store: &Store, user: UserId) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_steps WHERE user_id = $1", user.0).execute(store.pool()).await?;
    Ok(())
}

async fn replace_codes(connection: &mut PgConnection, user: UserId, codes: &[TokenHash]) -> Result<()> {
    sqlx::query!("DELETE FROM recovery_codes WHERE user_id = $1", user.0).execute(&mut *connection).await?;
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code.as_bytes().to_vec()).collect();
    sqlx::query!("INSERT INTO recovery_codes (user_id, code_hash) SELECT $1, unnest($2::bytea[])", user.0, &hashes)
        .execute(connection)
        .await?;
    Ok(())
}
