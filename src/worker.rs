//! The worker: finds destinations with something to read, and serves them in turns (spec 4.2, 4.3).

mod build;
mod housekeeping;
mod leased;
mod meter;
mod schedule;
mod turn;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::build::again::{Again, Receiver, again};
use self::build::builders::Builders;
use self::leased::{Leased, connection, redactor, rules};
use self::meter::Meter;
use self::schedule::lanes::{Admission, Permit};
use self::schedule::liveness::Liveness;
use self::schedule::poller::{Found, Poll, Poller};
use self::schedule::running::{Listener, Running};
use self::turn::acknowledge;
use crate::state::State;
use crate::store::Store;

/// How long turns may take to end after a stop was asked for, before they are left to another worker. Short, because a restart
/// is as long as its stop: the next process can listen only when this one is gone, and one receiver that hangs would keep
/// everybody out meanwhile. Pages and gateway stop beside it, not after it, so that both waits are one. Nothing is lost: a batch
/// that is on the wire is sent again, with the same ids.
const FAREWELL: Duration = Duration::from_secs(5);

/// Tries to give back a lease whose turn broke off, and the pause before each.
const GIVE_BACK: (u32, Duration) = (5, Duration::from_millis(500));

/// Serves the destinations of all accounts. Several may run on one database.
///
/// ```text
///  schedule/                                      turn/                        build/
///
///  notification ──┐            ┌─ healthy ────┐
///  each second ───┼─▶ poller ──┤   lane       ├─▶ plan ─▶ read ─────────────▶ log ─▶ batch
///  back-off step ─┘  │  lease  │              │   ▲ │                                 │
///        ▲           │         └─ struggling ─┘   │ ├────▶ send ◀─────────────────────┘
///        │           │             lane           │ │        4 on the wire, in order
///        │           └─ wakes turns that wait ──▶ │ └────▶ acknowledge
///        │                                        │          cursor, deliveries, health
///        └─── a turn found nothing, or ended ─────┴───────◀──┘
/// ```
///
/// The poller finds cursors behind which something is readable, and leases them. A turn serves one lease: it asks its plan what to do
/// after each event, and the plan alone decides. A destination that fails, or holds a request for more than a second, is served in
/// the struggling lane, and delays nobody in the other one.
///
/// The worker keeps no state: all that it knows of a destination is in the database when it gives the lease back. One lease has one
/// turn, so more workers do not make a single destination faster.
#[derive(Debug, Clone)]
pub struct Worker {
    state: State,
    /// Connections of the owner, for housekeeping.
    upkeep: Store,
    /// The connection of the meter.
    metering: Store,
    tasks: TaskTracker,
    /// Room for turns, requests and questions to the database.
    admission: Arc<Admission>,
    builders: Arc<Builders>,
    /// Ends turns that do not end by themselves.
    abandon: CancellationToken,
}

impl Worker {
    /// A worker with its own connections, some more for destinations that struggle and for the meter, and those of the owner for
    /// housekeeping.
    pub fn new(state: State, struggling: Store, metering: Store, upkeep: Store) -> Self {
        Self {
            builders: Arc::new(Builders::new(&state.config)),
            admission: Admission::new(state.config.delivery.max_in_flight, state.store.clone(), struggling),
            state,
            upkeep,
            metering,
            tasks: TaskTracker::new(),
            abandon: CancellationToken::new(),
        }
    }

    /// Works until `stop`, then waits for the turns that run.
    pub async fn run(self, stop: CancellationToken) {
        let housekeeping = housekeeping::run(self.state.clone(), self.upkeep.clone());
        let stopped = stop.clone();
        self.tasks.spawn(async move { stopped.run_until_cancelled(housekeeping).await });
        let (meter, recorded) = Meter::new(self.metering.clone());
        let stopped = stop.clone();
        self.tasks.spawn(async move { stopped.run_until_cancelled(meter.run()).await });
        let mut liveness = Liveness::new(self.state.clone());
        let mut poller = Poller::new(&self.state, self.admission.clone());
        while let Some(poll) = stop.run_until_cancelled(poller.next()).await {
            match &poll {
                Poll::Everything => liveness.check().await,
                Poll::Accounts { recorded: accounts, .. } => recorded.by(accounts),
            }
            let Some(number) = liveness.number(&stop).await else { break };
            for found in poller.poll(&poll, number).await {
                self.start(found, poller.running(), &stop).await;
            }
        }
        self.tasks.close();
        if tokio::time::timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            self.abandon.cancel();
            self.tasks.wait().await;
        }
        liveness.release().await;
    }

    async fn start(&self, found: Found, running: &Running, stop: &CancellationToken) {
        let permit = self.admission.admit(found.lane).await;
        let lease = &found.lease;
        let mut listener = running.begin(lease.account, lease.siblings, lease.until());
        let (worker, stop) = (self.clone(), stop.clone());
        self.tasks.spawn(async move {
            let turn = Box::pin(worker.serve(found, permit, &mut listener, stop));
            worker.abandon.run_until_cancelled(turn).await;
        });
    }

    async fn serve(&self, found: Found, permit: Permit, listener: &mut Listener, stop: CancellationToken) {
        let Found { lease, asked, .. } = found;
        let (state, destination) = (self.state.clone(), lease.destination);
        let settings = connection(&state, &lease)
            .and_then(|connection| Ok((connection, rules(&lease)?, redactor(&state, &lease)?)));
        let served = match settings {
            Ok((connection, rules, redactor)) => {
                let (builders, current_at) = (self.builders.clone(), Mutex::new(asked));
                let lease = lease.clone();
                turn::serve(
                    &Leased { lease, state, builders, permit, connection, rules, redactor, current_at, stop },
                    listener,
                )
                .await
            }
            Err(sentence) => acknowledge::complain(&state, &lease, &sentence).await,
        };
        let Err(error) = served else { return };
        tracing::warn!(%error, %destination, "a turn broke off; it is taken up again");
        // If the database stays away, so does this worker's sign of life, and the lease is free.
        for _ in 0..GIVE_BACK.0 {
            tokio::time::sleep(GIVE_BACK.1).await;
            if acknowledge::give_back(&self.state, &lease).await.is_ok() {
                return;
            }
        }
    }
}
