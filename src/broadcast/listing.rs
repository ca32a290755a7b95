//! What the pages show of destinations.

use super::Destination;
use crate::id::{AccountId, DestinationId};
use crate::state::State;
use crate::store::cursors::{self, Lag};
use crate::store::{self, destinations, losses};

/// How an account's Broadcast stands.
#[derive(Debug)]
pub struct Overview {
    /// All destinations, oldest first, each with what waits for it.
    pub destinations: Vec<(Destination, Lag)>,
    /// Requests that could not be recorded, within the retention.
    pub lost: i64,
}

/// How the account's Broadcast stands.
///
/// # Errors
/// When the database is away.
pub async fn overview(state: &State, account: AccountId) -> Result<Overview, store::Error> {
    let mut tenant = state.store.tenant(account).await?;
    let destinations = destinations::list(&mut tenant).await?;
    let mut lags = cursors::find_lag(&mut tenant).await?;
    let lost = losses::count(&mut tenant, state.config.delivery.retention).await?;
    let with_lag = |destination: Destination| {
        let place = lags.iter().position(|lag| lag.destination == destination.id)?;
        Some((destination, lags.swap_remove(place)))
    };
    Ok(Overview { destinations: destinations.into_iter().filter_map(with_lag).collect(), lost })
}

/// One destination of the account.
///
/// # Errors
/// When the database is away.
pub async fn find(state: &State, account: AccountId, id: DestinationId) -> Result<Option<Destination>, store::Error> {
    destinations::find(&mut state.store.tenant(account).await?, id).await
}
