//! A person's account page: its name and their password.

use std::time::Instant;

use secrecy::SecretString;
use serde_json::json;

use super::{Error, SignedIn, confirmation, hashing, parse_name, session};
use crate::audit::{self, Actor, Change, Event};
use crate::client::Client;
use crate::id::{AccountId, ApiKeyId};
use crate::state::State;
use crate::store::notification::{Notice, given_if_possible};
use crate::store::sessions::Session;
use crate::store::{self, accounts, api_keys, users};

/// Gives the account another name.
///
/// # Errors
/// A sentence at `name`.
pub async fn rename(state: &State, actor: &Actor, name: &str) -> Result<(), Error> {
    let name = parse_name(name).map_err(|sentence| Error::at("name", sentence))?;
    let mut tenant = state.store.tenant(actor.account).await?;
    let before = accounts::find(&mut tenant).await?.map(|account| account.name).unwrap_or_default();
    accounts::put_name(&mut tenant, &name).await?;
    let change = Change::new(Event::AccountRenamed, "").between(json!({ "name": before }), json!({ "name": name }));
    audit::record(state, &mut tenant, actor, change).await?;
    Ok(tenant.commit().await?)
}

/// Changes a person's password, signs them out everywhere and in again here.
///
/// # Errors
/// A sentence at `current_password` or `password`, or there were too many attempts.
pub async fn change_password(
    state: &State,
    client: &Client,
    session: &Session,
    current: SecretString,
    new: SecretString,
) -> Result<SignedIn, Error> {
    if !confirmation::is_password(state, client, session, current).await? {
        return Err(Error::at("current_password", "This is not your password. Type the one you signed in with."));
    }
    hashing::check(state, new.clone(), vec![session.email.clone(), "tracecast".to_owned()]).await?;
    let hash = hashing::hash(state, new).await?;
    let entry = Change::new(Event::PasswordChanged, "").entry(state, &session.who(), Some(client));
    users::put_password(&state.store, session.user, &hash, &entry).await?;
    session::begin(state, client, session.user, &session.email, session.account).await
}

/// Deletes the account with everything in it, and the members who belong to no other.
///
/// # Errors
/// A sentence at `account_name` or `password`, or there were too many attempts.
pub async fn delete(
    state: &State,
    client: &Client,
    session: &Session,
    typed_name: &str,
    password: SecretString,
) -> Result<(), Error> {
    if typed_name != session.account_name {
        return Err(Error::at("account_name", "This is not the name of the account. Type it as it stands above."));
    }
    if !confirmation::is_password(state, client, session, password).await? {
        return Err(Error::at("password", "This is not your password. Type the one you signed in with."));
    }
    for key in given_if_possible(|notice| remove(state, session.account, notice)).await? {
        state.known_keys.end(key, Instant::now());
    }
    // Housekeeping finishes a deletion that is interrupted here.
    store::log::delete_of(&state.store, session.account).await?;
    tracing::info!(account = %session.account, by = %session.user, "an account was deleted");
    Ok(())
}

/// Deletes the account and gives the keys that end with it.
async fn remove(state: &State, account: AccountId, notice: Notice) -> Result<Vec<ApiKeyId>, store::Error> {
    let mut tenant = state.store.tenant(account).await?;
    let keys = api_keys::list_ending(&mut tenant, notice).await?;
    accounts::delete(&mut tenant).await?;
    tenant.commit().await?;
    Ok(keys)
}
