//! Destinations with their lag and health.

use chrono::{DateTime, Utc};

use super::budget::BudgetToday;
use super::health::Health;
use crate::id::DestinationId;
use crate::store::accounts::Account;
use crate::store::cursors::{self, Lag};
use crate::store::destinations::{self, Destination};
use crate::store::{self, Tenant};

#[derive(Debug)]
pub struct Listed {
    pub destination: Destination,
    pub lag: Lag,
    pub health: Health,
    /// None: there is no budget of a day.
    pub today: Option<BudgetToday>,
}

impl Listed {
    fn of(destination: Destination, lag: Lag, account: &Account, now: DateTime<Utc>) -> Self {
        let health = Health::of(&destination, &lag, account, now);
        let today = BudgetToday::of(&destination, &lag, now);
        Self { destination, lag, health, today }
    }
}

/// All destinations of the account, oldest first.
///
/// # Errors
/// When the database is away.
pub async fn list(tenant: &mut Tenant, account: &Account, now: DateTime<Utc>) -> Result<Vec<Listed>, store::Error> {
    let destinations = destinations::list(tenant).await?;
    let mut lags = cursors::find_lag(tenant, None).await?;
    let mut listed = Vec::with_capacity(destinations.len());
    for destination in destinations {
        // A destination that was created between the two queries is listed the next time.
        let Some(place) = lags.iter().position(|lag| lag.destination == destination.id) else { continue };
        let lag = lags.swap_remove(place);
        listed.push(Listed::of(destination, lag, account, now));
    }
    Ok(listed)
}

/// None: there is no such destination.
///
/// # Errors
/// When the database is away.
pub async fn find(
    tenant: &mut Tenant,
    id: DestinationId,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<Option<Listed>, store::Error> {
    let Some(destination) = destinations::find(tenant, id).await? else { return Ok(None) };
    let Some(lag) = cursors::find_lag(tenant, Some(id)).await?.pop() else { return Ok(None) };
    Ok(Some(Listed::of(destination, lag, account, now)))
}
