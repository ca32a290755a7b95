//! The line to one destination for the length of a turn: its settings as they were leased, and the rule that no request
//! starts once they have changed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use super::builders::Builders;
use super::slots::Slots;
use crate::destination::{Connection, GIVEN_UP, Request, Settings, Stored, kinds};
use crate::egress;
use crate::seal::Place;
use crate::state::State;
use crate::store;
use crate::store::cursors::{self, Current, Lease};
use crate::trace::{Dialect, TraceSettings};

/// How old what is known of the settings may be when a request starts. An edit holds at the latest a second after it was
/// answered; this leaves half of that second for a busy machine. (What it takes to connect to a receiver to which no
/// connection is kept comes on top.)
const FRESH: Duration = Duration::from_millis(500);

/// The same for what was just asked of a database that takes its time.
const RECENT: Duration = Duration::from_millis(800);

/// Questions to such a database, before others have their turn.
const MOST_QUESTIONS: u32 = 3;

/// A connection that breaks sooner was closed meanwhile, as Relay does after 5 s (spec 2.1, fact 10).
const STALE: Duration = Duration::from_secs(1);

/// One leased destination, ready to be sent to.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) state: State,
    pub(super) lease: Lease,
    pub(super) settings: TraceSettings,
    pub(super) builders: Arc<Builders>,
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
        builders: Arc<Builders>,
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
        Ok(Self { state, lease, settings, builders, connection, slots, stop, confirmed: Mutex::new(asked) })
    }

    /// Sends a body. None: the program stops, or the lease or the settings are not what they were; nothing was sent.
    ///
    /// Right before a request starts it is known that it may; so also before the second one that follows when a kept
    /// connection turns out to be closed.
    pub(super) async fn send(&self, body: Bytes) -> Result<Option<Attempt>, store::Error> {
        let request = self.connection.request(body, self.state.config.delivery.compression);
        let slot = tokio::select! {
            slot = self.slots.enter(self.lease.failures > 0) => slot,
            () = self.stop.cancelled() => return Ok(None),
        };
        slot.hold(self.attempt(&request)).await
    }

    async fn attempt(&self, request: &Request) -> Result<Option<Attempt>, store::Error> {
        let (egress, begun) = (&self.state.egress, Instant::now());
        let answer = match egress.resolve(&request.url).await {
            Err(error) => Err(error),
            Ok(_) if !self.may_start().await? => return Ok(None),
            Ok(addresses) => {
                let begun = Instant::now();
                let answer = egress.hand_over(request, &addresses).await;
                let was_closed = matches!(answer, Err(egress::Error::Interrupted)) && begun.elapsed() < STALE;
                if was_closed && self.may_start().await? { egress.hand_over(request, &addresses).await } else { answer }
            }
        };
        Ok(Some(Attempt::of(&self.connection, answer, begun.elapsed())))
    }

    /// Whether a request may start now.
    async fn may_start(&self) -> Result<bool, store::Error> {
        if self.stop.is_cancelled() {
            return Ok(false);
        }
        if self.confirmed().elapsed() <= FRESH {
            return Ok(true);
        }
        let mut database = self.state.store.connection().await?;
        for _ in 0..MOST_QUESTIONS {
            let asked = Instant::now();
            let current = cursors::find_current(&mut database, self.lease.key(), self.lease.fence()).await?;
            if !current.is_some_and(|current| self.confirm(asked, current)) {
                return Ok(false);
            }
            if asked.elapsed() <= RECENT {
                return Ok(true);
            }
        }
        Ok(false)
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

    /// Waits until the program is stopping.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
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
    if stored.secret.is_empty() && kind.manifest.secrets().next().is_some() {
        return Err(GIVEN_UP.to_owned());
    }
    kind.connect(&Settings::from(&stored)).map_err(|errors| {
        format!("The stored settings are not valid any more: {errors} Test and save the destination again.")
    })
}
