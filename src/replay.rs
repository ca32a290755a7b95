//! Replays: requests of the log that are sent to a destination again, or for the first time (spec 9.4). A person counts them, then
//! begins; the workers serve what was begun after the live traffic of the destination.

use serde_json::json;

use crate::audit::{self, Actor, Change, Event};
use crate::broadcast::listing::{self, Listed};
use crate::id::{CursorId, DestinationId};
use crate::state::State;
use crate::store::replays::{self, Chosen, Counted, NewReplay};
use crate::store::{self, Tenant, accounts};

/// Replays of an account that run at the same time.
pub const MOST_RUNNING: i64 = 5;

/// What keeps a replay from beginning. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Broadcast is off. Turn on Enable Broadcast first.")]
    BroadcastOff,
    #[error("The destination is paused. Resume it first.")]
    Paused,
    #[error("The destination does not take requests now. Mend it first: its Deliveries say what is wrong.")]
    InTrouble,
    #[error("Five replays run in this account. Wait for one to end, or cancel one.")]
    TooMany,
    #[error("There is nothing to send. Choose another time or other requests.")]
    Nothing,
    /// The number differs by more than a tenth from the one that was shown.
    #[error("The number of requests has changed since they were counted. Look at it again, then begin.")]
    Changed,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("there is no such destination")]
    Gone,
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What a person asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub destination: DestinationId,
    pub chosen: &'a Chosen,
    /// The most requests a second. None: as many as live traffic leaves room for.
    pub rate: Option<i32>,
    /// The number that the person saw. None: they saw none.
    pub expected: Option<i64>,
}

/// Why no replay can begin now. None: one can.
///
/// # Errors
/// When the database is away.
pub async fn refusal(
    tenant: &mut Tenant,
    listed: &Listed,
    is_broadcasting: bool,
) -> Result<Option<Refusal>, store::Error> {
    if !is_broadcasting {
        return Ok(Some(Refusal::BroadcastOff));
    }
    if !listed.destination.enabled {
        return Ok(Some(if listed.destination.switched_off_at.is_some() {
            Refusal::InTrouble
        } else {
            Refusal::Paused
        }));
    }
    if listed.health.trouble().is_some() {
        return Ok(Some(Refusal::InTrouble));
    }
    let is_full = replays::count_running(tenant).await? >= MOST_RUNNING;
    Ok(is_full.then_some(Refusal::TooMany))
}

/// Begins a replay. Gives its id, and what it sends.
///
/// # Errors
/// When it may not begin, there is no such destination, or the database is away.
pub async fn start(state: &State, actor: &Actor, asked: Asked<'_>) -> Result<(CursorId, Counted), Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let account = accounts::find(&mut tenant).await?.ok_or(Error::Gone)?;
    let now = state.clock.now();
    let listed = listing::find(&mut tenant, asked.destination, &account, now).await?.ok_or(Error::Gone)?;
    if let Some(refusal) = refusal(&mut tenant, &listed, account.broadcast_enabled).await? {
        return Err(refusal.into());
    }
    let counted = replays::count(&mut tenant, asked.destination, asked.chosen).await?;
    if counted.requests == 0 {
        return Err(Refusal::Nothing.into());
    }
    if asked.expected.is_some_and(|expected| (expected - counted.requests).abs() * 10 > expected) {
        return Err(Refusal::Changed.into());
    }
    let id = CursorId(state.random.uuid());
    let new = NewReplay {
        id,
        destination: asked.destination,
        chosen: asked.chosen,
        counted,
        rate: asked.rate,
        created_by: actor.who.name(),
    };
    if !replays::create(&mut tenant, &new).await? {
        return Err(Error::Gone);
    }
    let change = Change::new(Event::ReplayStarted, listed.destination.name);
    let after = json!({ "chosen": asked.chosen.name(), "requests": counted.requests, "rate": asked.rate });
    audit::record(state, &mut tenant, actor, change.to(after)).await?;
    tenant.commit().await?;
    Ok((id, counted))
}

/// What a person does with a replay that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Pause,
    Resume,
    Cancel,
}

/// Pauses, resumes or cancels a replay.
///
/// # Errors
/// When there is no such replay of the destination, or the database is away.
pub async fn act(
    state: &State,
    actor: &Actor,
    (destination, id): (DestinationId, CursorId),
    act: Act,
) -> Result<(), Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let name = store::destinations::find(&mut tenant, destination).await?.ok_or(Error::Gone)?.name;
    let (is_done, event) = match act {
        Act::Pause => (replays::put_paused(&mut tenant, destination, id, true).await?, Event::ReplayPaused),
        Act::Resume => (replays::put_paused(&mut tenant, destination, id, false).await?, Event::ReplayResumed),
        Act::Cancel => (replays::cancel(&mut tenant, destination, id).await?, Event::ReplayCancelled),
    };
    if !is_done {
        return Err(Error::Gone);
    }
    audit::record(state, &mut tenant, actor, Change::new(event, name)).await?;
    tenant.commit().await?;
    Ok(())
}
