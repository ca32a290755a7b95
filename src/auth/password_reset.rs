//! A forgotten password: the operator makes a link, with which the person sets a new one.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::{Email, Error, hashing, throttling};
use crate::audit::{Change, Event, Who};
use crate::client::Client;
use crate::state::State;
use crate::store::{self, password_resets, users};
use crate::token::{self, TokenHash};

const LIFETIME: Duration = Duration::from_hours(24);

/// Makes a link's token, which is shown only once. None: no person has this e-mail address.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn create(state: &State, email: &str) -> Result<Option<SecretString>, Error> {
    let email = Email::parse(email).map_err(|sentence| Error::at("email", sentence))?;
    let Some(user) = users::find_by_email(&state.store, email.as_str()).await? else { return Ok(None) };
    let token = token::new_token(state.random)?;
    password_resets::create(&state.store, &TokenHash::of(token.expose_secret()), user.id, LIFETIME).await?;
    Ok(Some(token))
}

/// The e-mail address of the link's person, if the link can still be used.
///
/// # Errors
/// When the database is away.
pub async fn find(state: &State, token: &str) -> Result<Option<String>, store::Error> {
    let Some(user) = password_resets::find(&state.store, &TokenHash::of(token)).await? else { return Ok(None) };
    Ok(users::find(&state.store, user).await?.map(|user| user.email))
}

/// Sets a new password, ends all sessions of the person, and forgets failed attempts. False: the link cannot be used any more.
///
/// # Errors
/// A sentence at `password`.
pub async fn reset(state: &State, client: &Client, token: &str, password: SecretString) -> Result<bool, Error> {
    let hash = TokenHash::of(token);
    let Some(id) = password_resets::find(&state.store, &hash).await? else { return Ok(false) };
    let Some(user) = users::find(&state.store, id).await? else { return Ok(false) };
    hashing::check(state, password.clone(), vec![user.email.clone(), "tracecast".to_owned()]).await?;
    let password_hash = hashing::hash(state, password).await?;
    if !password_resets::take(&state.store, &hash).await? {
        return Ok(false);
    }
    let who = Who::Person { user: user.id, email: user.email.clone() };
    let entry = Change::new(Event::PasswordReset, "").entry(state, &who, Some(client));
    users::put_password(&state.store, user.id, &password_hash, &entry).await?;
    throttling::forget_password_of(state, &user.email).await?;
    Ok(true)
}
