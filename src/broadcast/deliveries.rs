//! What the pages show of a destination's deliveries.

use super::Destination;
use crate::id::DestinationId;
use crate::store::{self, Tenant, cursors, destinations};

pub use crate::store::cursors::{Lag, MOST_COUNTED};
pub use crate::store::deliveries::{Before, ListedDeadLetter, ListedDelivery};
use crate::store::deliveries::{list, list_dead_letters};
pub use crate::store::log::Position;
pub use crate::store::xid::Xid;

/// Attempts, or dead letters, on one page.
pub const PAGE: usize = 50;

/// What of them is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The newest attempts and dead letters.
    Newest,
    /// Attempts from here on to older ones.
    Attempts(Before),
    /// Dead letters from here on to older ones.
    DeadLetters(Position),
}

/// A page of a destination's deliveries.
#[derive(Debug)]
pub struct Deliveries {
    /// Whose.
    pub destination: Destination,
    /// What waits for it, and what never reached it.
    pub lag: Lag,
    /// Attempts, the newest first. None where they are not looked at.
    pub attempts: Option<Page<ListedDelivery, Before>>,
    /// Dead letters, those of the newest requests first. None where they are not looked at.
    pub dead_letters: Option<Page<ListedDeadLetter, Position>>,
}

/// Some of many.
#[derive(Debug)]
pub struct Page<T, P> {
    /// At most [`PAGE`].
    pub rows: Vec<T>,
    /// Where older ones begin, if there are any.
    pub older: Option<P>,
}

impl<T, P> Page<T, P> {
    /// Of what was read, which is one more than is shown if there are older ones.
    fn of(mut rows: Vec<T>, place: impl FnOnce(&T) -> P) -> Self {
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let older = rows.last().filter(|_| more).map(place);
        Self { rows, older }
    }
}

/// Rows to read for a page: one more than is shown.
fn limit() -> i64 {
    i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1)
}

/// Deliveries of a destination. None: there is no such destination.
///
/// # Errors
/// When the database is away.
pub async fn find(tenant: &mut Tenant, id: DestinationId, part: Part) -> Result<Option<Deliveries>, store::Error> {
    let Some(destination) = destinations::find(tenant, id).await? else { return Ok(None) };
    let lags = cursors::find_lag(tenant).await?;
    let Some(lag) = lags.into_iter().find(|lag| lag.destination == id) else { return Ok(None) };
    let (attempts, dead_letters) = match part {
        Part::Newest => {
            let attempts = attempts(tenant, id, None).await?;
            (Some(attempts), Some(dead_letters(tenant, id, Position::END).await?))
        }
        Part::Attempts(before) => (Some(attempts(tenant, id, Some(before)).await?), None),
        Part::DeadLetters(before) => (None, Some(dead_letters(tenant, id, before).await?)),
    };
    Ok(Some(Deliveries { destination, lag, attempts, dead_letters }))
}

async fn attempts(
    tenant: &mut Tenant,
    id: DestinationId,
    before: Option<Before>,
) -> Result<Page<ListedDelivery, Before>, store::Error> {
    let rows = list(tenant, id, before, limit()).await?;
    Ok(Page::of(rows, |last| Before { started_at: last.started_at, id: last.id }))
}

async fn dead_letters(
    tenant: &mut Tenant,
    id: DestinationId,
    before: Position,
) -> Result<Page<ListedDeadLetter, Position>, store::Error> {
    Ok(Page::of(list_dead_letters(tenant, id, before, limit()).await?, ListedDeadLetter::place))
}
