//! Hashes passwords on blocking threads, as many at once as there are cores.

use std::time::Instant;

use metrics::histogram;
use secrecy::SecretString;

use super::Error;
use crate::password::{self, Memory};
use crate::state::State;
use crate::state::hashing::Stopping;

/// Hashes a new password.
///
/// # Errors
/// When there is no memory, or the program is stopping.
pub(super) async fn hash(state: &State, password: SecretString) -> Result<String, Error> {
    let random = state.random;
    Ok(run(state, move |memory| password::hash(memory, &password, random)).await??)
}

/// Whether a password matches a hash. Takes as long for a missing user (no hash) as for a present one.
///
/// # Errors
/// When the program is stopping.
pub(super) async fn verify(state: &State, password: SecretString, hash: Option<String>) -> Result<bool, Error> {
    run(state, move |memory| {
        let known = hash.is_some();
        let begun = Instant::now();
        let right = password::verify(memory, &password, hash.as_deref().unwrap_or(password::DUMMY_HASH));
        histogram!("tracecast_password_check_seconds").record(begun.elapsed().as_secs_f64());
        known && right
    })
    .await
}

/// Checks whether a new password is good enough.
///
/// # Errors
/// A sentence at the field `password`, or the program is stopping.
pub(super) async fn check(state: &State, password: SecretString, known: Vec<String>) -> Result<(), Error> {
    let verdict =
        run(state, move |_| password::check(&password, &known.iter().map(String::as_str).collect::<Vec<_>>())).await?;
    verdict.map_err(|weak| Error::at("password", &weak.to_string()))
}

async fn run<T: Send + 'static>(
    state: &State,
    work: impl FnOnce(&mut Memory) -> T + Send + 'static,
) -> Result<T, Error> {
    state.hashing.run(work).await.map_err(|Stopping| Error::Stopping)
}
