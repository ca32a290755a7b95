//! The line to one destination for the length of a turn: where it leads, by the settings as they were leased.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use super::batch::Target;
use super::builders::Builders;
use super::priority::Priority;
use super::slots::Slots;
use super::terms::Terms;
use crate::destination::{Connection, GIVEN_UP, Limits, Request, Settings, Stored, kinds};
use crate::egress;
use crate::otlp::answer::Response;
use crate::otlp::{Compression, Gzip};
use crate::seal::Place;
use crate::state::State;
use crate::store;
use crate::store::cursors::Lease;

/// A connection that breaks sooner was closed meanwhile, as Relay does after 5 s (spec 2.1, fact 10).
const STALE: Duration = Duration::from_secs(1);

/// What came of handing a request over. None: it may not start any more.
type Handed = Option<Result<Response, egress::Error>>;

/// One leased destination, ready to be sent to.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) state: State,
    /// By which connections it asks the database.
    pub(super) priority: Arc<Priority>,
    pub(super) lease: Lease,
    pub(super) builders: Arc<Builders>,
    connection: Connection,
    /// A body that carries nothing.
    empty: Bytes,
    slots: Arc<Slots>,
    stop: CancellationToken,
    /// What it was leased with.
    pub(super) terms: Arc<Terms>,
}

impl Line {
    /// Opens and parses the stored settings. The error is a sentence for the page.
    pub(super) fn open(
        (state, priority): (State, Arc<Priority>),
        lease: Lease,
        asked: Instant,
        builders: Arc<Builders>,
        slots: Arc<Slots>,
        stop: CancellationToken,
    ) -> Result<Self, String> {
        let connection = connection(&state, &lease)?;
        let terms = Arc::new(Terms::new(priority.clone(), &lease, asked, stop.clone()));
        let empty = empty_body(state.config.delivery.compression);
        Ok(Self { state, priority, lease, builders, connection, empty, slots, stop, terms })
    }

    /// For whom batches are built.
    pub(super) fn target(&self) -> Target<'_> {
        Target { traces: self.connection.traces(), limits: self.limits() }
    }

    /// What one request may hold.
    pub(super) fn limits(&self) -> Limits {
        self.connection.wire().limits()
    }

    /// Whether the receiver may accept before it knows whether it may.
    pub(super) fn accepts_unseen(&self) -> bool {
        self.connection.wire().accepts_unseen()
    }

    /// Sends a request that carries nothing. None as for [`Self::send`].
    pub(super) async fn probe(&self) -> Result<Option<Attempt>, store::Error> {
        self.send(self.empty.clone()).await
    }

    /// Sends a body. None: the program stops, or the lease or the settings are not what they were; nothing was sent.
    ///
    /// Right before a request starts it is known that it may; so also before the second one that follows when a kept
    /// connection turns out to be closed.
    pub(super) async fn send(&self, body: Bytes) -> Result<Option<Attempt>, store::Error> {
        let request = self.connection.wire().request(body, self.state.config.delivery.compression);
        let slot = tokio::select! {
            slot = self.slots.enter(self.lease.failures > 0) => slot,
            () = self.stop.cancelled() => return Ok(None),
        };
        slot.hold(self.attempt(&request)).await
    }

    async fn attempt(&self, request: &Request) -> Result<Option<Attempt>, store::Error> {
        let begun = Instant::now();
        let answer = match self.state.egress.resolve(&request.url).await {
            Err(error) => Some(Err(error)),
            Ok(addresses) => self.hand_over(request, &addresses).await?,
        };
        Ok(answer.map(|answer| Attempt::of(&self.connection, answer, begun.elapsed())))
    }

    /// Hands a request over, and once more if a kept connection turns out to be closed. Each time it is asked twice whether it
    /// may: before a connection is made, where a database that is away breaks the turn off, and when there is one.
    async fn hand_over(&self, request: &Request, addresses: &[SocketAddr]) -> Result<Handed, store::Error> {
        let once = async || {
            let may_leave = self.terms.clone().may_leave();
            self.state.egress.hand_over(request, addresses, may_leave).await.transpose()
        };
        if !self.terms.hold().await? {
            return Ok(None);
        }
        let begun = Instant::now();
        let first = once().await;
        let was_closed = matches!(first, Some(Err(egress::Error::Interrupted))) && begun.elapsed() < STALE;
        let second = if was_closed && self.terms.hold().await? { once().await } else { None };
        Ok(second.or(first))
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

fn empty_body(compression: Compression) -> Bytes {
    let mut body = Vec::new();
    if compression == Compression::Gzip {
        Gzip::new().compress(&[], &mut body);
    }
    body.into()
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
