//! Destinations with what waits for them.

use super::Destination;
use crate::store::cursors::{self, Lag};
use crate::store::{self, Tenant, destinations};

/// All destinations of the account, oldest first, each with what waits for it.
///
/// # Errors
/// When the database is away.
pub async fn list(tenant: &mut Tenant) -> Result<Vec<(Destination, Lag)>, store::Error> {
    let destinations = destinations::list(tenant).await?;
    let mut lags = cursors::find_lag(tenant).await?;
    let with_lag = |destination: Destination| {
        let place = lags.iter().position(|lag| lag.destination == destination.id)?;
        Some((destination, lags.swap_remove(place)))
    };
    Ok(destinations.into_iter().filter_map(with_lag).collect())
}
