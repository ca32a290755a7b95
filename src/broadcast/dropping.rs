//! Drops dead letters: nobody needs to look at them any more. Their receipts still say what happened.

use serde_json::json;

use crate::audit::{self, Actor, Change, Event};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::{self, deliveries, destinations};

/// Drops those of these requests that are dead letters of a destination. Gives how many there were. None: there is no such destination.
///
/// # Errors
/// When the database is away.
pub async fn drop_dead_letters(
    state: &State,
    actor: &Actor,
    destination: DestinationId,
    ids: &[String],
) -> Result<Option<u64>, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let Some(found) = destinations::find(&mut tenant, destination).await? else { return Ok(None) };
    let dropped = deliveries::drop_dead_letters(&mut tenant, destination, ids).await?;
    if dropped > 0 {
        let change = Change::new(Event::DeadLettersDropped, found.name).to(json!({ "dropped": dropped }));
        audit::record(state, &mut tenant, actor, change).await?;
    }
    tenant.commit().await?;
    Ok(Some(dropped))
}
