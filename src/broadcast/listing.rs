//! What the pages show of destinations.

use super::Destination;
use crate::id::{AccountId, DestinationId};
use crate::state::State;
use crate::store::{self, destinations};

/// All destinations of the account, oldest first.
///
/// # Errors
/// When the database is away.
pub async fn list(state: &State, account: AccountId) -> Result<Vec<Destination>, store::Error> {
    destinations::list(&mut state.store.tenant(account).await?).await
}

/// One destination of the account.
///
/// # Errors
/// When the database is away.
pub async fn find(state: &State, account: AccountId, id: DestinationId) -> Result<Option<Destination>, store::Error> {
    destinations::find(&mut state.store.tenant(account).await?, id).await
}
