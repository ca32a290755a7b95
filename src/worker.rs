//! The worker: wakes, leases a destination, reads its account's log, builds, encodes, sends, records (spec 4.2, 4.3).

mod attempt;
mod batch;
mod conclusion;
mod housekeeping;
mod liveness;
mod turn;
mod wake;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::liveness::Liveness;
use self::wake::Wake;
use crate::state::State;
use crate::store::cursors::{self, Key};

/// Serves the destinations of all accounts. Several may run on one database.
#[derive(Debug, Clone)]
pub struct Worker {
    state: State,
    /// Turns that run now.
    tasks: TaskTracker,
    /// Bounds how many.
    slots: Arc<Semaphore>,
    /// Destinations whose turn runs in this process.
    busy: Arc<Mutex<HashSet<Key>>>,
}

impl Worker {
    /// A worker with its own connections.
    pub fn new(state: State) -> Self {
        let slots = Arc::new(Semaphore::new(state.config.delivery.max_in_flight));
        Self { state, tasks: TaskTracker::new(), slots, busy: Arc::default() }
    }

    /// Works until `stop`, then waits for the turns that run.
    pub async fn run(self, stop: CancellationToken) {
        let mut liveness = Liveness::new(self.state.clone());
        let mut wake = Wake::new(&self.state);
        while !stop.is_cancelled() {
            let Some(number) = liveness.number(&stop).await else { break };
            let accounts = tokio::select! {
                () = stop.cancelled() => break,
                accounts = wake.next() => accounts,
            };
            if accounts.is_empty() {
                housekeeping::run_when_due(&self.state, wake.sweeps()).await;
            }
            match cursors::list_ready(&self.state.store, &accounts).await {
                Ok(keys) => self.start(keys, number, &stop).await,
                Err(error) => tracing::warn!(%error, "the worker could not look for work"),
            }
        }
        self.tasks.close();
        self.tasks.wait().await;
        liveness.release().await;
    }

    async fn start(&self, keys: Vec<Key>, number: i32, stop: &CancellationToken) {
        for key in keys {
            if !self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(key) {
                continue;
            }
            let worker = self.clone();
            let Ok(slot) = self.slots.clone().acquire_owned().await else { return };
            let stop = stop.clone();
            self.tasks.spawn(async move {
                turn::serve(&worker.state, key, number, &stop).await;
                worker.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
                drop(slot);
            });
        }
    }
}
