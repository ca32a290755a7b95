//! Pausing and resuming a destination. Its requests wait meanwhile.

use crate::audit::{self, Actor, Change, Event};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::destinations::{self, Destination};
use crate::store::{self, Tenant};

/// The result of pausing or resuming a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pausing {
    /// The destination is paused, or resumed, as asked.
    Done,
    /// The program has switched it off. Nothing was changed. Only a passed test switches it on again.
    SwitchedOff,
    /// There is no such destination.
    Gone,
}

/// Pauses a destination: its requests wait.
///
/// # Errors
/// When the database is away.
pub async fn pause(state: &State, actor: &Actor, id: DestinationId) -> Result<Pausing, store::Error> {
    set_enabled(state, actor, id, false).await
}

/// Resumes a paused destination: waiting requests are sent.
///
/// # Errors
/// When the database is away.
pub async fn resume(state: &State, actor: &Actor, id: DestinationId) -> Result<Pausing, store::Error> {
    set_enabled(state, actor, id, true).await
}

async fn set_enabled(state: &State, actor: &Actor, id: DestinationId, enabled: bool) -> Result<Pausing, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let Some(before) = destinations::find(&mut tenant, id).await? else { return Ok(Pausing::Gone) };
    let pausing = put(state, &mut tenant, actor, &before, Some(enabled)).await?;
    tenant.commit().await?;
    Ok(pausing)
}

/// Pauses or resumes in a transaction that changes more than that. None: as before.
pub(super) async fn put(
    state: &State,
    tenant: &mut Tenant,
    actor: &Actor,
    before: &Destination,
    enabled: Option<bool>,
) -> Result<Pausing, store::Error> {
    let Some(enabled) = enabled.filter(|enabled| *enabled != before.enabled || before.switched_off_at.is_some()) else {
        return Ok(Pausing::Done);
    };
    if !destinations::put_enabled(tenant, before.id, enabled).await? {
        return Ok(Pausing::SwitchedOff);
    }
    if before.enabled != enabled {
        let event = if enabled { Event::DestinationResumed } else { Event::DestinationPaused };
        audit::record(state, tenant, actor, Change::new(event, before.name.clone())).await?;
    }
    Ok(Pausing::Done)
}
