//! Asking for the password again before something delicate is done (spec 5.4).

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};

use super::throttling::{self, Secret};
use super::{Error, hashing};
use crate::audit::{Change, Event};
use crate::client::Client;
use crate::state::State;
use crate::store::sessions::Session;
use crate::store::{audit, sessions, users};
use crate::token::{self, TokenHash};

/// How long a typed password counts.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Whether the password was typed in this session within the last ten minutes.
pub fn is_fresh(session: &Session) -> bool {
    session.now - session.confirmed_at < LIFETIME
}

/// Records that the password was typed again. Gives the session's new token.
///
/// # Errors
/// A sentence at `password_again`, or there were too many attempts.
pub async fn confirm(
    state: &State,
    client: &Client,
    session: &Session,
    password: SecretString,
) -> Result<SecretString, Error> {
    if !is_password(state, client, session, password).await? {
        return Err(Error::at("password_again", "This is not your password. Type the one you signed in with."));
    }
    let token = token::new_token(state.random)?;
    sessions::confirm(&state.store, session.user, session.id, &TokenHash::of(token.expose_secret())).await?;
    Ok(token)
}

/// Whether this is the password of the signed-in person. Guessing is slowed down as at sign-in.
pub(super) async fn is_password(
    state: &State,
    client: &Client,
    session: &Session,
    password: SecretString,
) -> Result<bool, Error> {
    let attempt = throttling::begin(state, client, Secret::PasswordAgain, &session.email).await?;
    let stored = users::find(&state.store, session.user).await?.map(|user| user.password_hash);
    let right = hashing::verify(state, password, stored).await?;
    if right {
        attempt.passed().await?;
        return Ok(true);
    }
    attempt.failed(Some(session.user));
    let change = Change::new(Event::SignInFailed, "password asked again");
    let entry = change.entry(state, &session.who(), Some(client));
    audit::record_for_email(&state.store, attempt.subject(), &session.email, &entry).await?;
    Ok(false)
}
