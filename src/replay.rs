//! Replays: requests of the log that are sent to a destination again, or for the first time (spec 9.4). A person counts them, then
//! begins; the workers serve what was begun after the live traffic of the destination.

mod counting;

use std::time::Duration;

use serde_json::json;

use crate::audit::{self, Actor, Change, Event};
use crate::broadcast::listing::{self, Listed};
use crate::id::{CursorId, DestinationId};
use crate::state::State;
use crate::store::accounts::Account;
use crate::store::replays::{self, Chosen, NewReplay};
use crate::store::{self, Tenant, accounts};

pub use self::counting::{Counted, Question, count};

/// Replays of an account that run at the same time.
pub const MOST_RUNNING: i64 = 5;

/// The longest that people wait for a count.
const COUNTING: Duration = Duration::from_secs(2);

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
    /// Whether what was delivered before is left out.
    pub skips_delivered: bool,
    /// The most requests a second. None: as many as live traffic leaves room for.
    pub rate: Option<i32>,
    /// The number that the person saw. None: they saw none.
    pub expected: Option<i64>,
}

impl<'a> Asked<'a> {
    /// What is to be counted for it.
    pub fn question(&self, state: &State, account: &Account, listed: &'a Listed) -> Question<'a> {
        Question {
            destination: &listed.destination,
            chosen: self.chosen,
            skips_delivered: self.skips_delivered,
            private: account.privacy_mode || listed.destination.privacy_mode,
            retention: state.config.delivery.retention,
            time: COUNTING,
        }
    }

    /// Whether so many others would be sent than the person saw, that they should look again. A count that was cut short says nothing.
    fn is_outdated(&self, counted: &Counted) -> bool {
        let differs = |expected: i64| (expected - counted.requests).abs() * 10 > expected;
        counted.is_whole && self.expected.is_some_and(differs)
    }
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
    let counted = count(&mut tenant, asked.question(state, &account, &listed)).await?;
    let Some(ends) = counted.ends.filter(|_| counted.may_send()) else { return Err(Refusal::Nothing.into()) };
    if asked.is_outdated(&counted) {
        return Err(Refusal::Changed.into());
    }
    // Those that begin at the same instant are counted one after the other.
    replays::lock(&mut tenant).await?;
    if replays::count_running(&mut tenant).await? >= MOST_RUNNING {
        return Err(Refusal::TooMany.into());
    }
    let id = CursorId(state.random.uuid());
    let new = NewReplay {
        id,
        destination: asked.destination,
        chosen: asked.chosen,
        skips_delivered: asked.skips_delivered,
        requests: looked_at(&mut tenant, &asked, &counted).await?,
        ends,
        rate: asked.rate,
        created_by: actor.who.name(),
    };
    if !replays::create(&mut tenant, &new).await? {
        return Err(Error::Gone);
    }
    let change = Change::new(Event::ReplayStarted, listed.destination.name);
    let after = json!({ "chosen": asked.chosen.name(), "requests": counted.requests, "rate": asked.rate,
        "leave_out_delivered": asked.skips_delivered });
    audit::record(state, &mut tenant, actor, change.to(after)).await?;
    tenant.commit().await?;
    Ok((id, counted))
}

/// How many requests the replay will look at: about as many as the meter counted, where counting them took too long.
async fn looked_at(tenant: &mut Tenant, asked: &Asked<'_>, counted: &Counted) -> Result<i64, store::Error> {
    match asked.chosen {
        Chosen::All { from, until } if !counted.is_whole => {
            Ok(replays::estimate(tenant, (*from, *until)).await?.max(counted.looked_at))
        }
        _ => Ok(counted.looked_at),
    }
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
