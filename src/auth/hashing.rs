//! Passwords are hashed on blocking threads, as many at once as there are cores.

use std::time::Instant;

use metrics::histogram;
use secrecy::SecretString;

use super::Error;
use crate::password;
use crate::state::State;

/// Hashes a new password.
///
/// # Errors
/// When there is no memory, or the program is stopping.
pub(super) async fn hash(state: &State, password: SecretString) -> Result<String, Error> {
    Ok(blocking(state, move || password::hash(&password)).await??)
}

/// Whether a password is the one of a hash. Takes as long for a missing user (no hash) as for a present one.
///
/// # Errors
/// When the program is stopping.
pub(super) async fn verify(state: &State, password: SecretString, hash: Option<String>) -> Result<bool, Error> {
    blocking(state, move || {
        let known = hash.is_some();
        let begun = Instant::now();
        let right = password::verify(&password, hash.as_deref().unwrap_or(password::DUMMY_HASH));
        histogram!("tracecast_password_check_seconds").record(begun.elapsed().as_secs_f64());
        known && right
    })
    .await
}

/// Whether a new password is good enough.
///
/// # Errors
/// A sentence at the field `password`, or the program is stopping.
pub(super) async fn check(state: &State, password: SecretString, known: Vec<String>) -> Result<(), Error> {
    let verdict =
        blocking(state, move || password::check(&password, &known.iter().map(String::as_str).collect::<Vec<_>>()))
            .await?;
    verdict.map_err(|weak| Error::at("password", &weak.to_string()))
}

async fn blocking<T: Send + 'static>(state: &State, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let _permit = state.hashing.acquire().await.map_err(|_| Error::Stopping)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopping)
}
