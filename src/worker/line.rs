//! The line to one destination for the length of a turn: its settings as they were leased, and the rule that no request
//! starts once they have changed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use super::slots::Slots;
use crate::destination::{Connection, Settings, Stored, kinds};
use crate::seal::Place;
use crate::state::State;
use crate::store;
use crate::store::cursors::{self, Current, Lease};
use crate::trace::{Dialect, TraceSettings};

/// How old what is known of the settings may be when a request starts. An edit holds at the latest a second after it was
/// answered; this leaves half of that second for a busy machine.
const FRESH: Duration = Duration::from_millis(500);

/// One leased destination, ready to be sent to.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) state: State,
    pub(super) lease: Lease,
    pub(super) settings: TraceSettings,
    connection: Connection,
    slots: Arc<Slots>,
    stop: CancellationToken,
    /// When the settings were last known to be those of the lease.
    confirmed: Mutex<Instant>,
}

impl Line {
    /// Opens and parses the stored settings. The error is a sentence for the page.
    pub(super) fn open(
        state: State,
        lease: Lease,
        asked: Instant,
        slots: Arc<Slots>,
        stop: CancellationToken,
    ) -> Result<Self, String> {
        let connection = connection(&state, &lease)?;
        let settings = TraceSettings {
            environment: connection.environment().map(str::to_owned),
            release: connection.release().map(str::to_owned),
            sample_rate: None,
            dialect: Dialect::Sentry,
        };
        Ok(Self { state, lease, settings, connection, slots, stop, confirmed: Mutex::new(asked) })
    }

    /// Sends a body. None: the program stops, or the lease or the settings are not what they were; nothing was sent.
    pub(super) async fn send(&self, body: Bytes) -> Result<Option<Attempt>, store::Error> {
        let request = self.connection.request(body, self.state.config.delivery.compression);
        let slot = tokio::select! {
            slot = self.slots.enter() => slot,
            () = self.stop.cancelled() => return Ok(None),
        };
        if self.stop.is_cancelled() || !self.holds().await? {
            return Ok(None);
        }
        let attempt = Attempt::make(&self.state, &self.connection, &request, slot).await;
        Ok(Some(attempt))
    }

    /// Whether a request may start now.
    async fn holds(&self) -> Result<bool, store::Error> {
        while self.confirmed().elapsed() > FRESH {
            let asked = Instant::now();
            let current = cursors::find_current(&self.state.store, self.lease.key(), self.lease.fence()).await?;
            if !current.is_some_and(|current| self.confirm(asked, current)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes note of how things stood at `asked`. False: not as they were leased.
    pub(super) fn confirm(&self, asked: Instant, current: Current) -> bool {
        let as_leased = Current { revision: self.lease.revision, private: self.lease.private, on: true };
        if current != as_leased {
            return false;
        }
        let mut confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        *confirmed = asked.max(*confirmed);
        true
    }

    fn confirmed(&self) -> Instant {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the program is stopping.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }
}

fn connection(state: &State, lease: &Lease) -> Result<Connection, String> {
    let kind = kinds::find(&lease.kind)
        .ok_or_else(|| format!("This version of Tracecast does not know destinations of the kind {}.", lease.kind))?;
    let place = Place::Destination(lease.account, lease.destination);
    let stored = Stored::open(lease.settings.0.clone(), &lease.secrets, &state.keyring, place).map_err(|error| {
        tracing::error!(%error, destination = %lease.destination, "a destination's secrets do not open");
        "The stored secret cannot be opened any more. Enter it again.".to_owned()
    })?;
    kind.connect(&Settings::from(&stored)).map_err(|errors| {
        format!("The stored settings are not valid any more: {errors} Test and save the destination again.")
    })
}
