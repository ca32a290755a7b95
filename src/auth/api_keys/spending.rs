//! What was spent with the keys of an account (spec 8.4), and what else a key's holder may know of it.

use std::sync::Arc;

use super::ApiKeyIdentity;
use crate::id::{AccountId, ApiKeyId};
use crate::state::State;
use crate::store::log::{self, Spent, SpentByKey};
use crate::store::{self, api_keys};

/// A key as its holder sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedKey {
    /// Its ends, for example `tck-inf-…9xYz`.
    pub masked: String,
    pub spent: Spent,
}

/// Describes the key that was presented. None: it was revoked meanwhile.
///
/// # Errors
/// When the database is away.
pub async fn describe(state: &State, identity: &ApiKeyIdentity) -> Result<Option<DescribedKey>, store::Error> {
    let by_key = spent_by_key(state, identity.account).await?;
    let mut tenant = state.store.tenant(identity.account).await?;
    let Some(key) = api_keys::find(&mut tenant, identity.key).await? else { return Ok(None) };
    let spent = spent_with(&by_key, identity.key);
    Ok(Some(DescribedKey { masked: key.key_type.masked(&key.last_four), spent }))
}

/// What was spent with one of the keys.
pub fn spent_with(by_key: &[SpentByKey], key: ApiKeyId) -> Spent {
    by_key.iter().find(|spent| spent.key == Some(key)).map(|spent| spent.spent).unwrap_or_default()
}

/// USD that the account has spent, with whatever key.
///
/// # Errors
/// When the database is away.
pub async fn spent_by_account(state: &State, account: AccountId) -> Result<f64, store::Error> {
    Ok(spent_by_key(state, account).await?.iter().map(|by_key| by_key.spent.total).sum())
}

/// What was spent with each key of the account, as of at most a minute ago.
///
/// # Errors
/// When the database is away.
pub async fn spent_by_key(state: &State, account: AccountId) -> Result<Arc<[SpentByKey]>, store::Error> {
    let read = async || log::list_spent(&mut state.store.tenant(account).await?).await;
    state.spending.of(account, read).await
}
