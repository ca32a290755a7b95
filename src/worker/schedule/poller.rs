//! The poller: finds the cursors behind which something is readable, those of turns that run and those that are free.
//!
//! It polls all of them each second: that is the truth. Between, it polls an account when a notification names it, when a turn of it
//! has ended or found nothing, and at back-off steps while an older transaction holds back its entries. Turns ask the database for
//! nothing but batches; a turn whose receiver hangs costs one row of one poll a second.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::held_back::HeldBack;
use super::lanes::{Admission, LaneName};
use super::notifications::Notifications;
use super::running::Running;
use crate::id::AccountId;
use crate::state::State;
use crate::store::cursors::{self, Lease, Ready};
use crate::store::log::{self, Backlog};
use crate::store::{self, Store};

/// Time between two polls of everything.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(in crate::worker) enum Poll {
    /// All cursors, also those of failing destinations.
    Everything,
    /// Cursors of healthy destinations of accounts.
    Accounts {
        /// They have new requests: their turns read at once.
        recorded: BTreeSet<AccountId>,
        /// They may have something to read that was there before.
        others: BTreeSet<AccountId>,
    },
}

/// A leased destination, whose turn may begin in a lane.
#[derive(Debug)]
pub(in crate::worker) struct Found {
    pub(in crate::worker) lease: Lease,
    pub(in crate::worker) lane: LaneName,
    /// When the database was asked for the lease.
    pub(in crate::worker) asked: std::time::Instant,
}

#[derive(Debug)]
pub(in crate::worker) struct Poller {
    store: Store,
    lease: Duration,
    admission: Arc<Admission>,
    running: Running,
    notifications: Notifications,
    ticks: Interval,
    /// Accounts whose turns ended or found nothing.
    asked: UnboundedReceiver<AccountId>,
    held_back: HeldBack,
    /// Leased, and not yet given to anybody.
    found: Vec<Found>,
}

impl Poller {
    pub(in crate::worker) fn new(state: &State, admission: Arc<Admission>) -> Self {
        let (running, asked) = Running::new();
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            store: state.store.clone(),
            lease: state.config.delivery.lease,
            admission,
            running,
            notifications: Notifications::new(state.store.clone()),
            ticks,
            asked,
            held_back: HeldBack::default(),
            found: Vec::new(),
        }
    }

    /// The turns that it wakes.
    pub(in crate::worker) fn running(&self) -> &Running {
        &self.running
    }

    /// Waits for the next reason to poll.
    pub(in crate::worker) async fn next(&mut self) -> Poll {
        self.notifications.listen().await;
        let (mut recorded, mut others) = (BTreeSet::new(), BTreeSet::new());
        tokio::select! {
            biased;
            _ = self.ticks.tick() => return Poll::Everything,
            account = self.asked.recv() => others.extend(account),
            now = due(self.held_back.due()) => others = self.held_back.at(now),
            notified = self.notifications.next() => recorded = notified,
        }
        if recorded.is_empty() && others.is_empty() {
            return Poll::Everything;
        }
        while let Ok(account) = self.asked.try_recv() {
            others.insert(account);
        }
        Poll::Accounts { recorded, others }
    }

    /// Polls, wakes the turns that can read on, and leases for `worker` what is free, as far as the lanes have room. What fails is
    /// polled again within a second.
    pub(in crate::worker) async fn poll(&mut self, poll: &Poll, worker: i32) -> Vec<Found> {
        let polled = match poll {
            Poll::Everything => self.everything(worker).await,
            Poll::Accounts { recorded, others } => self.accounts(recorded, others, worker).await,
        };
        if let Err(error) = polled {
            tracing::warn!(%error, "the worker could not look for work");
            if let Poll::Accounts { others, .. } = poll {
                self.held_back.has_polled(Instant::now(), others, others);
            }
        }
        std::mem::take(&mut self.found)
    }

    async fn everything(&mut self, worker: i32) -> store::Result<()> {
        for lane in [LaneName::Healthy, LaneName::Struggling] {
            self.lease(&[], lane, worker).await?;
        }
        self.wake_waiting(None).await?;
        Ok(())
    }

    async fn accounts(
        &mut self,
        recorded: &BTreeSet<AccountId>,
        others: &BTreeSet<AccountId>,
        worker: i32,
    ) -> store::Result<()> {
        self.running.wake(recorded);
        let mut idle = self.running.without_turns(&(recorded | others));
        let polled = &idle | others;
        if !idle.is_empty() {
            let accounts: Vec<_> = idle.iter().copied().collect();
            self.lease(&accounts, LaneName::Healthy, worker).await?;
            idle.retain(|account| !self.found.iter().any(|found| found.lease.account == *account));
        }
        let mut held_back = self.wake_waiting(Some(others)).await?;
        if !idle.is_empty() {
            let accounts: Vec<_> = idle.into_iter().collect();
            held_back.extend(cursors::list_held_back(&self.store, &accounts).await?);
        }
        self.held_back.has_polled(Instant::now(), &polled, &held_back);
        Ok(())
    }

    /// Leases free cursors with something to read, of these accounts or of all.
    async fn lease(&mut self, of: &[AccountId], lane: LaneName, worker: i32) -> store::Result<()> {
        let (asked, room) = (Instant::now().into_std(), self.admission.room(lane));
        if room == 0 {
            self.admission.set_crowded(lane, true);
            return Ok(());
        }
        let failing = lane == LaneName::Struggling;
        let ready = Ready { accounts: of, failing, most: i64::try_from(room).unwrap_or(i64::MAX) };
        let leases = cursors::lease_ready(&self.store, ready, worker, self.lease).await?;
        self.admission.set_crowded(lane, leases.len() == room);
        self.found.extend(leases.into_iter().map(|lease| Found { lease, lane, asked }));
        Ok(())
    }

    /// Wakes the turns of these accounts, or of all, that can read on. Gives the accounts of those whose entries are held back.
    async fn wake_waiting(&self, accounts: Option<&BTreeSet<AccountId>>) -> store::Result<BTreeSet<AccountId>> {
        let (turns, stretches) = self.running.waiting(accounts);
        let mut held_back = BTreeSet::new();
        if stretches.is_empty() {
            return Ok(held_back);
        }
        let backlogs = log::list_backlogs(&self.store, &stretches).await?;
        for ((turn, stretch), backlog) in turns.iter().zip(stretches).zip(backlogs) {
            match backlog {
                Backlog::Nothing => {}
                Backlog::Readable => turn.readable.notify_one(),
                Backlog::HeldBack => {
                    held_back.insert(stretch.account);
                }
            }
        }
        Ok(held_back)
    }
}

async fn due(due: Option<Instant>) -> Instant {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
    Instant::now()
}
