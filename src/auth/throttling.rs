//! Slows down who guesses passwords: by the name that was typed, and by address (spec 5.4).

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::client::Client;
use crate::id::UserId;
use crate::state::State;
use crate::store::throttle::{self, Subject};

/// Attempts from one address within a minute.
const MOST_FROM_ADDRESS: i32 = 20;

/// Counts an attempt at `subject`.
///
/// # Errors
/// [`Error::Throttled`], for names that exist and for others alike.
pub(super) async fn begin(state: &State, client: &Client, subject: Subject) -> Result<Subject, Error> {
    let address = self::subject("address", &client.network().to_string());
    refuse(throttle::begin_for_address(&state.store, address, MOST_FROM_ADDRESS).await?)?;
    refuse(throttle::begin_for_name(&state.store, subject).await?)?;
    Ok(subject)
}

/// Attempts with a password of `email`, known or not.
pub(super) fn password_of(email: &str) -> Subject {
    subject("name", email)
}

/// Attempts with codes of a person who has shown their password.
pub(super) fn codes_of(user: UserId) -> Subject {
    subject("code", &user.to_string())
}

/// Forgets the attempts: the password was right.
pub(super) async fn passed(state: &State, subject: Subject) -> Result<(), Error> {
    Ok(throttle::forget(&state.store, subject).await?)
}

/// What the attempts with a name are counted under. Names that differ in case or in spaces around them are the same.
fn subject(kind: &str, name: &str) -> Subject {
    let name = name.trim().to_lowercase();
    Subject(Sha256::digest(format!("{kind}|{name}")).into())
}

fn refuse(wait: Option<Duration>) -> Result<(), Error> {
    wait.map_or(Ok(()), |wait| Err(Error::Throttled { wait }))
}
