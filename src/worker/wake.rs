//! What wakes the worker: a notification of a commit (a hint), and a sweep each second (the truth).

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::time::{Instant, MissedTickBehavior};

use crate::id::AccountId;
use crate::state::State;
use crate::store::Store;
use crate::store::log::{CHANNEL, accounts_of_notification};

/// Time between two sweeps over all destinations.
const SWEEP: Duration = Duration::from_secs(1);
/// Pause before the next try to listen when the database is away.
const RECONNECT: Duration = Duration::from_secs(1);

/// Waits for the next reason to look for work.
#[derive(Debug)]
pub(super) struct Wake {
    store: Store,
    listener: Option<PgListener>,
    retry_at: Instant,
    ticks: tokio::time::Interval,
    sweeps: u64,
}

impl Wake {
    pub(super) fn new(state: &State) -> Self {
        let mut ticks = tokio::time::interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { store: state.store.clone(), listener: None, retry_at: Instant::now(), ticks, sweeps: 0 }
    }

    /// The accounts that may have news. Empty: all, it is time for a sweep.
    pub(super) async fn next(&mut self) -> Vec<AccountId> {
        self.listen().await;
        let Some(listener) = &mut self.listener else {
            self.ticks.tick().await;
            self.sweeps += 1;
            return Vec::new();
        };
        tokio::select! {
            _ = self.ticks.tick() => {
                self.sweeps += 1;
                Vec::new()
            }
            notification = listener.try_recv() => match notification {
                Ok(Some(notification)) => accounts_of_notification(notification.payload()),
                // The connection was lost and something may have been missed: look everywhere.
                Ok(None) => Vec::new(),
                Err(error) => {
                    tracing::warn!(%error, "listening for completed requests broke off");
                    self.listener = None;
                    Vec::new()
                }
            },
        }
    }

    /// How many sweeps there were.
    pub(super) fn sweeps(&self) -> u64 {
        self.sweeps
    }

    async fn listen(&mut self) {
        if self.listener.is_some() || Instant::now() < self.retry_at {
            return;
        }
        self.retry_at = Instant::now() + RECONNECT;
        match self.connected().await {
            Ok(listener) => self.listener = Some(listener),
            Err(error) => tracing::warn!(%error, "the worker cannot listen for completed requests and sweeps instead"),
        }
    }

    async fn connected(&self) -> Result<PgListener, sqlx::Error> {
        let mut listener = PgListener::connect_with(self.store.pool()).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}
