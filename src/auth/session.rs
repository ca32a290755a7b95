//! Sessions: who is signed in, by the token of their cookie.

use secrecy::{ExposeSecret, SecretString};

use super::Error;
use crate::id::{AccountId, UserId};
use crate::state::State;
use crate::store::{self, sessions};
use crate::token::{self, TokenHash};

pub use crate::store::sessions::Session;

/// Somebody has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The person.
    pub user: UserId,
    /// The account that they look at.
    pub account: AccountId,
    /// For the cookie; stored nowhere.
    pub session_token: SecretString,
}

/// Begins a session.
pub(super) async fn begin(state: &State, user: UserId, account: AccountId) -> Result<SignedIn, Error> {
    let session_token = token::new_token(state.random)?;
    let hash = TokenHash::of(session_token.expose_secret());
    sessions::create(&state.store, &hash, user, account, state.config.sessions.absolute).await?;
    Ok(SignedIn { user, account, session_token })
}

/// The session of a cookie's token, if it is still good.
///
/// # Errors
/// When the database is away.
pub async fn find(state: &State, session_token: &str) -> Result<Option<Session>, store::Error> {
    sessions::find(&state.store, &TokenHash::of(session_token), state.config.sessions.idle).await
}

/// Ends a session.
///
/// # Errors
/// When the database is away.
pub async fn sign_out(state: &State, session_token: &str) -> Result<(), store::Error> {
    sessions::delete(&state.store, &TokenHash::of(session_token)).await
}
