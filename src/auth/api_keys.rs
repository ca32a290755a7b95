//! API keys: made, listed, revoked, and recognised at the gateway (spec 3.1).

mod ended_keys;
mod owner;
mod spending;

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Error, parse_name};
use crate::audit::{self, Actor, Change, Event, Who};
use crate::client::Client;
use crate::id::{AccountId, ApiKeyId, UserId};
use crate::state::State;
use crate::store::api_keys::{KeyOwner, MOST_KEYS, NewKey};
use crate::store::notification::{Notice, given_if_possible};
use crate::store::{self, api_keys};
use crate::token::{ApiKey, ApiKeyType};

pub use self::ended_keys::refuse_ended_keys;
pub use self::owner::Unanswered;
pub use self::spending::{DescribedKey, describe, spent_by_account, spent_by_key, spent_with};

/// The owner of a presented key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyIdentity {
    pub account: AccountId,
    pub key: ApiKeyId,
    /// What its people call it.
    pub name: Arc<str>,
    /// The member who made it, where a member did.
    pub member: Option<UserId>,
    pub kind: ApiKeyType,
}

/// Why a presented key is refused.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// Malformed, unknown or revoked. The caller does not learn which.
    #[error("the API key is not valid")]
    Unauthorized,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] Unanswered),
}

/// Recognises a presented key. A malformed one costs no query. A revoked one is refused within a second.
///
/// # Errors
/// When the key is refused, or the database is away.
pub async fn identify(state: &State, presented: &str) -> Result<ApiKeyIdentity, IdentifyError> {
    let key = ApiKey::parse(presented).ok_or(IdentifyError::Unauthorized)?;
    let owner = owner::find(state, key.hash()).await?.ok_or(IdentifyError::Unauthorized)?;
    let KeyOwner { account, key: id, name, member } = owner;
    Ok(ApiKeyIdentity { account, key: id, name, member, kind: key.key_type() })
}

impl ApiKeyIdentity {
    /// Who acts with the key, for the audit log.
    pub fn actor(&self, client: Client) -> Actor {
        let who = Who::Key { key: self.key, name: self.name.to_string() };
        Actor { account: self.account, who, client: Some(client) }
    }
}

/// Makes a key. It is shown only once; only its hash is stored.
///
/// # Errors
/// A sentence at `name`.
pub async fn create(state: &State, actor: &Actor, key_type: ApiKeyType, name: &str) -> Result<ApiKey, Error> {
    create_until(state, actor, key_type, name, None).await
}

/// As [`create`], of a key that ends by itself.
///
/// # Errors
/// A sentence at `name` or `expires_at`.
pub async fn create_until(
    state: &State,
    actor: &Actor,
    key_type: ApiKeyType,
    name: &str,
    expires_at: Option<DateTime<Utc>>,
) -> Result<ApiKey, Error> {
    let name = parse_name(name).map_err(|sentence| Error::at("name", sentence))?;
    if expires_at.is_some_and(|at| at <= state.clock.now()) {
        return Err(Error::at("expires_at", "The key would have ended already. Choose a time to come."));
    }
    let key = ApiKey::new(key_type, state.random)?;
    let mut tenant = state.store.tenant(actor.account).await?;
    let id = ApiKeyId(state.random.uuid());
    let new = NewKey { id, key: &key, name: &name, created_by: actor.user(), expires_at };
    if !api_keys::create(&mut tenant, &new).await? {
        return Err(Error::at(
            "name",
            &format!("This account has {MOST_KEYS} keys already. Revoke one that nobody uses."),
        ));
    }
    let change = Change::new(Event::KeyCreated, name).to(recorded_values(key_type, key.last_four()));
    audit::record(state, &mut tenant, actor, change).await?;
    tenant.commit().await?;
    Ok(key)
}

/// What becomes of a key. None: as before.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyEdit<'a> {
    pub name: Option<&'a str>,
    /// A disabled key lets nobody in until it is enabled again.
    pub disabled: Option<bool>,
}

/// Renames, disables or enables a key: at once in this process, within a second in others. False: there is no such key.
///
/// # Errors
/// A sentence at `name`, or the database is away.
pub async fn edit(state: &State, actor: &Actor, id: ApiKeyId, edit: KeyEdit<'_>) -> Result<bool, Error> {
    let name = edit.name.map(parse_name).transpose().map_err(|sentence| Error::at("name", sentence))?;
    let done = given_if_possible(|notice| put(state, actor, id, (name.as_deref(), edit.disabled), notice)).await?;
    match edit.disabled.filter(|_| done) {
        Some(true) => state.known_keys.end(id, Instant::now()),
        Some(false) => state.known_keys.enable(id),
        None => {}
    }
    Ok(done)
}

async fn put(
    state: &State,
    actor: &Actor,
    id: ApiKeyId,
    (name, disabled): (Option<&str>, Option<bool>),
    notice: Notice,
) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let Some(key) = api_keys::find(&mut tenant, id).await? else { return Ok(false) };
    let was_disabled = key.disabled_at.is_some();
    let (name, disabled) = (name.unwrap_or(&key.name), disabled.unwrap_or(was_disabled));
    if !api_keys::put(&mut tenant, &key, name, disabled, notice).await? {
        return Ok(false);
    }
    let values = |name: &str, disabled: bool| json!({ "name": name, "disabled": disabled });
    let change = Change::new(Event::KeyEdited, name).between(values(&key.name, was_disabled), values(name, disabled));
    audit::record(state, &mut tenant, actor, change).await?;
    tenant.commit().await?;
    Ok(true)
}

/// Revokes a key: at once in this process, within a second in others. Gives whether there was such an unrevoked key.
///
/// # Errors
/// When the database is away.
pub async fn revoke(state: &State, actor: &Actor, id: ApiKeyId) -> Result<bool, store::Error> {
    let revoked = given_if_possible(|notice| end(state, actor, id, notice)).await?;
    if revoked {
        state.known_keys.end(id, Instant::now());
    }
    Ok(revoked)
}

async fn end(state: &State, actor: &Actor, id: ApiKeyId, notice: Notice) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let Some(key) = api_keys::find(&mut tenant, id).await? else { return Ok(false) };
    if !api_keys::revoke(&mut tenant, id, notice).await? {
        return Ok(false);
    }
    let change = Change::new(Event::KeyRevoked, key.name).from(recorded_values(key.key_type, &key.last_four));
    audit::record(state, &mut tenant, actor, change).await?;
    tenant.commit().await?;
    Ok(true)
}

/// The values of a key that the audit log records.
fn recorded_values(key_type: ApiKeyType, last_four: &str) -> Value {
    json!({ "type": key_type.name(), "key": key_type.masked(last_four) })
}
