//! A leased destination, ready to be sent to, for the length of a turn.
//!
//! No request starts by other settings than the current ones: an edit, Privacy Mode, a pause or the toggle holds at the latest a
//! second after it was answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::build::builders::Builders;
use super::schedule::lanes::Permit;
use crate::destination::redaction::{Redaction, Redactor};
use crate::destination::selection::{KnownKey, Rules};
use crate::destination::{Connection, GIVEN_UP, Settings, Stored, kinds};
use crate::id::ApiKeyId;
use crate::seal::Place;
use crate::state::State;
use crate::store::cursors::{self, Lease};
use crate::store::{self, Store, api_keys};

/// The age up to which an answer of the database counts when a request starts. It leaves half of the second to a busy machine.
const FRESH: Duration = Duration::from_millis(500);

/// The age up to which a read of the log does not ask as well: what is built and sent after it still counts as fresh then.
const FRESH_AT_READ: Duration = Duration::from_millis(250);

/// The same for the answer to a question that was asked for this request.
const RECENT: Duration = Duration::from_millis(800);

/// Questions to a database that takes its time, before others have their turn.
const MOST_QUESTIONS: u32 = 3;

#[derive(Debug)]
pub(super) struct Leased {
    pub(super) lease: Lease,
    pub(super) state: State,
    pub(super) builders: Arc<Builders>,
    pub(super) permit: Permit,
    pub(super) connection: Connection,
    /// Which requests the destination gets. None: all.
    pub(super) rules: Option<Rules>,
    /// What is sent of a request. None: all.
    pub(super) redactor: Option<Redactor>,
    /// When the settings of the lease were last known to be the current ones.
    pub(super) current_at: Mutex<Instant>,
    pub(super) stop: CancellationToken,
}

impl Leased {
    /// Where to ask the database now.
    pub(super) fn store(&self) -> &Store {
        self.permit.store()
    }

    /// Whether the lease is held, its settings are the current ones, and the program goes on, so that a request may start now.
    pub(super) async fn may_send(&self) -> store::Result<bool> {
        if self.stop.is_cancelled() {
            return Ok(false);
        }
        if self.age() <= FRESH {
            return Ok(true);
        }
        let mut database = self.store().connection().await?;
        for _ in 0..MOST_QUESTIONS {
            let asked = Instant::now();
            if !cursors::is_current(&mut database, &self.lease).await? {
                return Ok(false);
            }
            self.was_current(asked);
            if asked.elapsed() <= RECENT {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The account's keys, where the rules ask for them. They are read for each batch: a key may be younger than the turn.
    pub(super) async fn known_keys(&self) -> store::Result<BTreeMap<ApiKeyId, KnownKey>> {
        match &self.rules {
            Some(rules) if rules.need_keys() => api_keys::list_known(self.store(), self.lease.account).await,
            _ => Ok(BTreeMap::new()),
        }
    }

    /// Whether the settings were known to be the current ones a moment ago.
    pub(super) fn is_fresh(&self) -> bool {
        self.age() <= FRESH_AT_READ
    }

    fn age(&self) -> Duration {
        self.current_at.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Notes that the settings were the current ones at `asked`.
    pub(super) fn was_current(&self, asked: Instant) {
        let mut current_at = self.current_at.lock().unwrap_or_else(PoisonError::into_inner);
        *current_at = asked.max(*current_at);
    }
}

/// Reads the stored rules. The error is a sentence for the page.
pub(super) fn rules(lease: &Lease) -> Result<Option<Rules>, String> {
    let rules = Rules::from_stored(lease.selection.as_ref()).map_err(|error| {
        format!("Nothing is sent, because {error}. Choose again which requests this destination gets.")
    })?;
    Ok(Some(rules).filter(|rules| !rules.is_everything()))
}

/// Reads what is stored of what is sent. The error is a sentence for the page.
pub(super) fn redactor(state: &State, lease: &Lease) -> Result<Option<Redactor>, String> {
    let redaction = Redaction::from_stored(lease.redaction.as_ref())
        .map_err(|error| format!("Nothing is sent, because {error}. Choose again what is sent to this destination."))?;
    let redaction = Some(redaction).filter(|redaction| !redaction.is_nothing());
    Ok(redaction.map(|redaction| Redactor::new(redaction, state.keyring.hash_key(lease.account))))
}

/// Opens and parses the stored settings. The error is a sentence for the page.
pub(super) fn connection(state: &State, lease: &Lease) -> Result<Connection, String> {
    let kind = kinds::find(&lease.kind)
        .ok_or_else(|| format!("This version of Tracecast does not know destinations of the kind {}.", lease.kind))?;
    let place = Place::Destination(lease.account, lease.destination);
    let stored = Stored::open(lease.settings.0.clone(), &lease.secrets, &state.keyring, place).map_err(|error| {
        tracing::error!(%error, destination = %lease.destination, "a destination's secrets do not open");
        "The stored secret cannot be opened any more. Enter it again.".to_owned()
    })?;
    if stored.secret.is_empty() && kind.manifest.secrets().next().is_some() {
        return Err(GIVEN_UP.to_owned());
    }
    kind.connect(&Settings::from(&stored)).map_err(|errors| {
        format!("The stored settings are not valid any more: {errors} Test and save the destination again.")
    })
}
