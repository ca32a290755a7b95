//! Sessions: who is signed in, by the token of their cookie.

use secrecy::{ExposeSecret, SecretString};

use super::{Email, Error};
use crate::audit::{Change, Event, Who};
use crate::client::{Client, device_in_words};
use crate::id::{AccountId, SessionId, UserId};
use crate::state::State;
use crate::store::sessions::{NewSession, Opened, Session};
use crate::store::{self, sessions, users};
use crate::token::{self, TokenHash};

/// A person who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub user: UserId,
    /// The account that they see.
    pub account: AccountId,
    /// For the cookie; stored nowhere.
    pub session_token: SecretString,
}

impl Session {
    pub fn who(&self) -> Who {
        Who::Person { user: self.user, email: self.email.clone() }
    }
}

/// Begins a session of a person.
pub(super) async fn begin(
    state: &State,
    client: &Client,
    user: UserId,
    email: &str,
    account: AccountId,
) -> Result<SignedIn, Error> {
    let session_token = token::new_token(state.random)?;
    let hash = TokenHash::of(session_token.expose_secret());
    let id = SessionId(state.random.uuid());
    let absolute = state.config.sessions.absolute;
    let change = Change::new(Event::SignedIn, device_in_words(&client.device));
    let who = Who::Person { user, email: email.to_owned() };
    let new = NewSession { id, token: &hash, user, account, client, absolute };
    sessions::create(&state.store, &new, &change.entry(state, &who, Some(client))).await?;
    Ok(SignedIn { user, account, session_token })
}

/// Opens the session of a cookie's token, if it is still good.
///
/// # Errors
/// When the database is away.
pub async fn open(state: &State, session_token: &str) -> Result<Option<Opened>, store::Error> {
    sessions::open(&state.store, &TokenHash::of(session_token), state.config.sessions.idle).await
}

/// Ends another session of the person of `session`. False: it is not theirs, or has ended already.
///
/// # Errors
/// When the database is away.
pub async fn end(state: &State, client: &Client, session: &Session, id: SessionId) -> Result<bool, store::Error> {
    let change = Change::new(Event::SessionsEnded, "one session");
    let entry = change.entry(state, &session.who(), Some(client));
    sessions::delete(&state.store, session.user, id, &entry).await
}

/// Ends all other sessions of the person of `session`.
///
/// # Errors
/// When the database is away.
pub async fn end_others(state: &State, client: &Client, session: &Session) -> Result<(), store::Error> {
    let change = Change::new(Event::SessionsEnded, "all other sessions");
    let entry = change.entry(state, &session.who(), Some(client));
    sessions::delete_others(&state.store, session.user, session.id, &entry).await
}

/// Ends every session of the person with this e-mail address: for the operator. False: there is no such person.
///
/// # Errors
/// When the database is away.
pub async fn end_all_by_operator(state: &State, email: &str) -> Result<bool, Error> {
    let email = Email::parse(email).map_err(|sentence| Error::at("email", sentence))?;
    let Some(user) = users::find_by_email(&state.store, email.as_str()).await? else { return Ok(false) };
    let change = Change::new(Event::SessionsEnded, format!("all sessions of {}", user.email));
    sessions::delete_all(&state.store, user.id, &change.entry(state, &Who::Operator, None)).await?;
    Ok(true)
}

/// Moves a session to another account of its person. False: they do not belong to it.
///
/// # Errors
/// When the database is away.
pub async fn switch(state: &State, session: &Session, account: AccountId) -> Result<bool, store::Error> {
    sessions::put_account(&state.store, session.user, session.id, account).await
}

/// Ends a session by its own cookie.
///
/// # Errors
/// When the database is away.
pub async fn sign_out(state: &State, client: &Client, session_token: &str) -> Result<(), store::Error> {
    let opened = open(state, session_token).await?;
    let Some(session) = opened.map(|opened| opened.session) else { return Ok(()) };
    let change = Change::new(Event::SignedOut, "");
    let entry = change.entry(state, &session.who(), Some(client));
    sessions::delete(&state.store, session.user, session.id, &entry).await?;
    Ok(())
}
