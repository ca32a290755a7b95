//! What the pages show of a destination's deliveries.

use super::Destination;
use crate::id::{AccountId, DestinationId};
use crate::state::State;
use crate::store::{self, cursors, destinations};

pub use crate::store::cursors::{Lag, MOST_COUNTED};
pub use crate::store::deliveries::{Before, ListedDeadLetter, ListedDelivery};
use crate::store::deliveries::{list, list_dead_letters};

/// Attempts, or dead letters, on one page.
pub const PAGE: usize = 50;

/// A page of a destination's deliveries.
#[derive(Debug)]
pub struct Deliveries {
    /// Whose.
    pub destination: Destination,
    /// What waits for it, and what never reached it.
    pub lag: Lag,
    /// Attempts, the newest first.
    pub attempts: Vec<ListedDelivery>,
    /// Where older ones begin, if there are any.
    pub older: Option<Before>,
    /// Dead letters, those of the newest requests first.
    pub dead_letters: Vec<ListedDeadLetter>,
}

/// Deliveries of a destination, from `before` on to older ones. None: there is no such destination.
///
/// # Errors
/// When the database is away.
pub async fn find(
    state: &State,
    account: AccountId,
    id: DestinationId,
    before: Option<Before>,
) -> Result<Option<Deliveries>, store::Error> {
    let mut tenant = state.store.tenant(account).await?;
    let Some(destination) = destinations::find(&mut tenant, id).await? else { return Ok(None) };
    let lags = cursors::find_lag(&mut tenant).await?;
    let Some(lag) = lags.into_iter().find(|lag| lag.destination == id) else { return Ok(None) };
    let page = i64::try_from(PAGE).unwrap_or(i64::MAX);
    // One more than is shown tells whether there are older ones.
    let mut attempts = list(&mut tenant, id, before, page.saturating_add(1)).await?;
    let more = attempts.len() > PAGE;
    attempts.truncate(PAGE);
    let older = attempts.last().filter(|_| more).map(|last| Before { started_at: last.started_at, id: last.id });
    let dead_letters = list_dead_letters(&mut tenant, id, page).await?;
    Ok(Some(Deliveries { destination, lag, attempts, older, dead_letters }))
}
