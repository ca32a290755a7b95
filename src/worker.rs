//! The worker: wakes, leases destinations, reads their accounts' log, builds, encodes, sends, records (spec 4.2, 4.3).

mod attempt;
mod batch;
mod builders;
mod conclusion;
mod confirming;
mod delivering;
mod horizon;
mod housekeeping;
mod line;
mod liveness;
mod meter;
mod overdue;
mod priority;
mod reader;
mod slots;
mod terms;
mod turn;
mod turns;
mod wake;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::builders::Builders;
use self::line::Line;
use self::liveness::Liveness;
use self::priority::{Priority, Stores};
use self::slots::Slots;
use self::turns::{Party, Seat, Turns};
use self::wake::{Reason, Wake};
use crate::id::AccountId;
use crate::state::State;
use crate::store::Store;
use crate::store::cursors::{self, Lease, Ready};

/// Turns at the same time, as a multiple of the requests that may be on the wire: most turns wait for an answer.
const TURNS: usize = 4;

/// How long turns may take to end after a stop was asked for, before they are left to another worker. Short, because a restart
/// is as long as its stop: the next process can listen only when this one is gone, and one receiver that hangs would keep
/// everybody out meanwhile. Pages and gateway stop beside it, not after it, so that both waits are one. Nothing is lost: what was
/// on the wire is sent again, with the same ids.
const FAREWELL: Duration = Duration::from_secs(5);

/// Tries to give back a lease whose turn broke off, and the pause between two of them.
const GIVE_BACK: (u32, Duration) = (5, Duration::from_millis(500));

/// Serves the destinations of all accounts. Several may run on one database.
#[derive(Debug, Clone)]
pub struct Worker {
    state: State,
    /// Connections of its turns.
    stores: Stores,
    /// Connections of the owner, for housekeeping.
    upkeep: Store,
    /// What runs now.
    tasks: TaskTracker,
    /// The turns among it.
    turns: Arc<Turns>,
    /// Makes the bodies of requests.
    builders: Arc<Builders>,
    /// Requests on the wire.
    slots: Arc<Slots>,
    /// Ends turns that do not end by themselves.
    abandon: CancellationToken,
}

impl Worker {
    /// A worker with its own connections, some more for turns of low priority, and those of the owner for housekeeping.
    pub fn new(state: State, low: Store, upkeep: Store) -> Self {
        let most = state.config.delivery.max_in_flight;
        Self {
            builders: Arc::new(Builders::new(&state.config)),
            stores: Stores { usual: state.store.clone(), low },
            state,
            upkeep,
            tasks: TaskTracker::new(),
            turns: Turns::new(most.saturating_mul(TURNS)),
            slots: Arc::new(Slots::new(most)),
            abandon: CancellationToken::new(),
        }
    }

    /// Works until `stop`, then waits for the turns that run.
    pub async fn run(self, stop: CancellationToken) {
        let housekeeping = housekeeping::run(self.state.clone(), self.upkeep.clone());
        let stopped = stop.clone();
        self.tasks.spawn(async move { stopped.run_until_cancelled(housekeeping).await });
        let mut liveness = Liveness::new(self.state.clone());
        let mut wake = Wake::new(&self.state);
        while !stop.is_cancelled() {
            let reason = tokio::select! {
                () = stop.cancelled() => break,
                reason = wake.next() => reason,
            };
            if reason == Reason::Sweep {
                liveness.check().await;
            }
            let Some(number) = liveness.number(&stop).await else { break };
            self.look(reason, number, &mut wake, &stop).await;
        }
        self.tasks.close();
        if tokio::time::timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            self.abandon.cancel();
            self.tasks.wait().await;
        }
        liveness.release().await;
    }

    /// Leases what is ready, as far as there is room, and starts its turns. What fails is tried again with the sweeps.
    async fn look(&self, reason: Reason, worker: i32, wake: &mut Wake, stop: &CancellationToken) {
        let (accounts, is_sweep) = match reason {
            Reason::Sweep => (Vec::new(), true),
            Reason::News { recorded, free } => ([self.turns.tell(recorded), free].concat(), false),
        };
        if accounts.is_empty() && !is_sweep {
            return;
        }
        let room = self.turns.room();
        let Some(leased) = self.lease((&accounts, false), worker, room, (wake, stop)).await else { return };
        self.turns.set_crowded(leased.len() == room);
        let idle: Vec<AccountId> = accounts.into_iter().filter(|account| !leased.contains(account)).collect();
        if !idle.is_empty()
            && let Ok(held_back) = cursors::list_held_back(&self.state.store, &idle).await
        {
            wake.look_again(held_back);
        }
        let room = self.turns.room_for_failing();
        if is_sweep && room > 0 {
            self.lease((&[], true), worker, room, (wake, stop)).await;
        }
    }

    /// Leases destinations, which fail or not, and starts their turns. Says whose they are. None: the database is away.
    async fn lease(
        &self,
        (of, failing): (&[AccountId], bool),
        worker: i32,
        room: usize,
        (wake, stop): (&Wake, &CancellationToken),
    ) -> Option<Vec<AccountId>> {
        let (asked, lease) = (Instant::now(), self.state.config.delivery.lease);
        let most = i64::try_from(room).unwrap_or(i64::MAX);
        let ready = Ready { accounts: of, failing, most };
        let leases = match cursors::lease_ready(&self.state.store, ready, worker, lease).await {
            Ok(leases) => leases,
            Err(error) => {
                tracing::warn!(%error, "the worker could not look for work");
                return None;
            }
        };
        let accounts = leases.iter().map(|lease| lease.account).collect();
        for lease in leases {
            self.start(lease, asked, wake.turns(), stop).await;
        }
        Some(accounts)
    }

    async fn start(&self, lease: Lease, asked: Instant, ended: UnboundedSender<AccountId>, stop: &CancellationToken) {
        let (account, is_failing) = (lease.account, lease.failures > 0);
        let siblings = usize::try_from(lease.siblings).unwrap_or_default();
        let seat = self.turns.begin(Party { account, siblings, is_failing }).await;
        let (worker, stop) = (self.clone(), stop.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = worker.serve(lease, asked, &seat, stop) => {}
                () = worker.abandon.cancelled() => {}
            }
            drop(seat);
            // What came while the turn was ending was noticed by nobody.
            let _ = ended.send(account);
        });
    }

    async fn serve(&self, lease: Lease, asked: Instant, seat: &Seat, stop: CancellationToken) {
        let destination = lease.destination;
        let (builders, slots) = (self.builders.clone(), self.slots.clone());
        let priority = Arc::new(Priority::new(self.stores.clone(), lease.failures > 0));
        match Line::open((self.state.clone(), priority.clone()), lease.clone(), asked, builders, slots, stop) {
            Ok(line) => {
                if let Err(error) = turn::serve(&line, seat).await {
                    tracing::warn!(%error, %destination, "a turn broke off; it is taken up again");
                    self.give_back(&priority, &lease).await;
                }
            }
            Err(sentence) => {
                if let Err(error) = conclusion::needs_attention(&self.state, &lease, &sentence).await {
                    tracing::warn!(%error, %destination, "what is wrong with a destination could not be written down");
                    self.give_back(&priority, &lease).await;
                }
            }
        }
    }

    /// Gives the lease back as it was. If the database stays away, so does this worker's sign of life, and the lease is free.
    async fn give_back(&self, priority: &Priority, lease: &Lease) {
        for _ in 0..GIVE_BACK.0 {
            tokio::time::sleep(GIVE_BACK.1).await;
            if conclusion::give_back(&self.state, priority.store(), lease).await.is_ok() {
                return;
            }
        }
    }
}
