//! What wakes the worker: a notification of a commit (a hint), the end of a turn (more may have come meanwhile), and a sweep
//! each second (the truth).

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior};

use crate::id::AccountId;
use crate::state::State;
use crate::store::Store;
use crate::store::log::{CHANNEL, accounts_of_notification};

/// Time between two sweeps over all destinations that are free, and between two looks of a turn that was told nothing.
pub(super) const SWEEP: Duration = Duration::from_secs(1);
/// Pause before the next try to listen when the database is away.
const RECONNECT: Duration = Duration::from_secs(1);
/// First pause before looking again for what an older transaction holds back; it doubles.
const HELD_BACK: Duration = Duration::from_millis(1);
/// How often that is done before it is left to the sweep.
const MOST_LOOKS: u32 = 7;

/// A reason to look for work.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Something has changed.
    News {
        /// Something was recorded for these accounts.
        recorded: Vec<AccountId>,
        /// Destinations of these accounts may be served now: a turn has ended, or an older transaction.
        free: Vec<AccountId>,
    },
    /// It is time to look everywhere.
    Sweep,
}

/// Waits for the next reason to look for work.
#[derive(Debug)]
pub(super) struct Wake {
    store: Store,
    listener: Option<PgListener>,
    retry_at: Instant,
    ticks: tokio::time::Interval,
    turns: (UnboundedSender<AccountId>, UnboundedReceiver<AccountId>),
    held_back: HeldBack,
}

/// Accounts with entries that an older transaction holds back.
#[derive(Debug, Default)]
struct HeldBack {
    accounts: BTreeSet<AccountId>,
    looks: u32,
    due: Option<Instant>,
}

impl Wake {
    pub(super) fn new(state: &State) -> Self {
        let mut ticks = tokio::time::interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            store: state.store.clone(),
            listener: None,
            retry_at: Instant::now(),
            ticks,
            turns: unbounded_channel(),
            held_back: HeldBack::default(),
        }
    }

    /// Where turns that end tell whose they were.
    pub(super) fn turns(&self) -> UnboundedSender<AccountId> {
        self.turns.0.clone()
    }

    /// These accounts have entries that cannot be read yet.
    pub(super) fn look_again(&mut self, accounts: Vec<AccountId>) {
        if accounts.is_empty() {
            self.held_back = HeldBack::default();
        } else if self.held_back.looks < MOST_LOOKS {
            self.held_back.accounts.extend(accounts);
            self.held_back.due = Some(Instant::now() + HELD_BACK * 2_u32.pow(self.held_back.looks));
            self.held_back.looks += 1;
        }
    }

    pub(super) async fn next(&mut self) -> Reason {
        self.listen().await;
        let listener = self.listener.as_mut();
        let (mut recorded, mut free) = (BTreeSet::new(), BTreeSet::new());
        tokio::select! {
            biased;
            _ = self.ticks.tick() => {
                self.held_back = HeldBack::default();
                return Reason::Sweep;
            }
            account = self.turns.1.recv() => free.extend(account),
            () = until(self.held_back.due) => {
                self.held_back.due = None;
                free = std::mem::take(&mut self.held_back.accounts);
            }
            accounts = notified(listener) => match accounts {
                Ok(accounts) if !accounts.is_empty() => {
                    self.held_back.looks = 0;
                    recorded.extend(accounts);
                }
                // The connection was lost and something may have been missed: look everywhere.
                Ok(_) => return Reason::Sweep,
                Err(error) => {
                    tracing::warn!(%error, "listening for completed requests broke off");
                    self.listener = None;
                    return Reason::Sweep;
                }
            },
        }
        self.gather(&mut recorded, &mut free);
        Reason::News { recorded: recorded.into_iter().collect(), free: free.into_iter().collect() }
    }

    /// Whatever else has come by now is looked for in the same go.
    fn gather(&mut self, recorded: &mut BTreeSet<AccountId>, free: &mut BTreeSet<AccountId>) {
        while let Ok(account) = self.turns.1.try_recv() {
            free.insert(account);
        }
        while let Some(notification) = self.listener.as_mut().and_then(PgListener::next_buffered) {
            recorded.extend(accounts_of_notification(notification.payload()));
        }
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

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The accounts of the next notification. Empty: any may have news.
async fn notified(listener: Option<&mut PgListener>) -> Result<Vec<AccountId>, sqlx::Error> {
    let Some(listener) = listener else { return std::future::pending().await };
    Ok(listener
        .try_recv()
        .await?
        .map(|notification| accounts_of_notification(notification.payload()))
        .unwrap_or_default())
}
