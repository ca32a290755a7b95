//! API keys: made, listed, revoked, and recognised at the gateway (spec 3.1).

mod ended_keys;
mod owner;
mod spending;

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::{Error, parse_name};
use crate::audit::{self, Actor, Change, Event};
use crate::id::{AccountId, ApiKeyId};
use crate::state::State;
use crate::store::api_keys::{KeyOwner, MOST_KEYS};
use crate::store::notification::{Notice, given_if_possible};
use crate::store::{self, api_keys};
use crate::token::{ApiKey, ApiKeyType};

pub use self::ended_keys::refuse_ended_keys;
pub use self::owner::Unanswered;
pub use self::spending::{DescribedKey, describe, spent_by_account};

/// The owner of a presented key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyIdentity {
    pub account: AccountId,
    pub key: ApiKeyId,
    /// What its people call it.
    pub name: Arc<str>,
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
    let KeyOwner { account, key: id, name } = owner;
    Ok(ApiKeyIdentity { account, key: id, name, kind: key.key_type() })
}

/// Makes a key. It is shown only once; only its hash is stored.
///
/// # Errors
/// A sentence at `name`.
pub async fn create(state: &State, actor: &Actor, key_type: ApiKeyType, name: &str) -> Result<ApiKey, Error> {
    let name = parse_name(name).map_err(|sentence| Error::at("name", sentence))?;
    let key = ApiKey::new(key_type, state.random)?;
    let mut tenant = state.store.tenant(actor.account).await?;
    if !api_keys::create(&mut tenant, ApiKeyId(state.random.uuid()), &key, &name, actor.user()).await? {
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
