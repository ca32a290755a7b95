//! The turns that run in this worker, and how they hear that something is readable.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::id::AccountId;
use crate::store::log::{Position, Stretch};

/// The turns that run.
#[derive(Debug, Clone)]
pub(in crate::worker) struct Running {
    turns: Arc<Mutex<Vec<Arc<Turn>>>>,
    /// Accounts to poll now.
    polls: UnboundedSender<AccountId>,
}

#[derive(Debug)]
pub(super) struct Turn {
    account: AccountId,
    /// Cursors that its account had when it began.
    cursors: usize,
    /// The last place that is its cursor's.
    until: Position,
    /// The place behind which it has found nothing.
    waits_behind: Mutex<Option<Position>>,
    /// Something may be readable for it.
    pub(super) readable: Notify,
}

impl Turn {
    /// Where it waits for something to read.
    fn stretch(&self) -> Option<Stretch> {
        let after = *self.waits_behind.lock().unwrap_or_else(PoisonError::into_inner);
        after.map(|after| Stretch { account: self.account, after, until: self.until })
    }
}

impl Running {
    /// None yet; and where they ask for accounts to be polled.
    pub(in crate::worker) fn new() -> (Self, UnboundedReceiver<AccountId>) {
        let (polls, asked) = unbounded_channel();
        (Self { turns: Arc::default(), polls }, asked)
    }

    /// Begins a turn up to `until` for one of an account's cursors. Each wake-up from now on reaches it.
    pub(in crate::worker) fn begin(&self, account: AccountId, cursors: i64, until: Position) -> Listener {
        let (waits_behind, readable) = (Mutex::default(), Notify::new());
        let cursors = usize::try_from(cursors).unwrap_or_default();
        let turn = Arc::new(Turn { account, cursors, until, waits_behind, readable });
        self.turns().push(turn.clone());
        Listener { running: self.clone(), turn, is_left_alone: false }
    }

    /// Wakes the turns of these accounts.
    pub(super) fn wake(&self, accounts: &BTreeSet<AccountId>) {
        let is_named = |turn: &&Arc<Turn>| accounts.contains(&turn.account);
        self.turns().iter().filter(is_named).for_each(|turn| turn.readable.notify_one());
    }

    /// Those of `accounts` that have cursors without a turn here.
    pub(super) fn without_turns(&self, accounts: &BTreeSet<AccountId>) -> BTreeSet<AccountId> {
        let turns = self.turns();
        let is_idle = |account: &&AccountId| {
            let own: Vec<_> = turns.iter().filter(|turn| turn.account == **account).collect();
            own.last().is_none_or(|last| last.cursors > own.len())
        };
        accounts.iter().filter(is_idle).copied().collect()
    }

    /// The turns of these accounts, or of all, that wait for something to read, and where.
    pub(super) fn waiting(&self, accounts: Option<&BTreeSet<AccountId>>) -> (Vec<Arc<Turn>>, Vec<Stretch>) {
        let is_asked = |turn: &&Arc<Turn>| accounts.is_none_or(|accounts| accounts.contains(&turn.account));
        let waits = |turn: &Arc<Turn>| turn.stretch().map(|stretch| (turn.clone(), stretch));
        self.turns().iter().filter(is_asked).filter_map(waits).unzip()
    }

    fn turns(&self) -> MutexGuard<'_, Vec<Arc<Turn>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn's ear. When it is dropped, the turn has ended, and its account is polled: what is recorded while a turn ends is for the next
/// one.
#[derive(Debug)]
pub(in crate::worker) struct Listener {
    running: Running,
    turn: Arc<Turn>,
    is_left_alone: bool,
}

impl Listener {
    /// Waits until something may be readable that was not heard of yet.
    pub(in crate::worker) async fn readable(&self) {
        self.turn.readable.notified().await;
    }

    /// The turn waits for something behind this place. None: it is about to read, or has more to send than it may.
    pub(in crate::worker) fn waits_behind(&self, place: Option<Position>) {
        *self.turn.waits_behind.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// The turn has read, and found nothing. If it was woken for something, an older transaction may hold that back.
    pub(in crate::worker) fn found_nothing(&self) {
        // Without a poller the worker stops.
        let _ = self.running.polls.send(self.turn.account);
    }

    /// The next entry is for a newer worker: the account is not polled at the turn's end, or it would be leased again and again.
    pub(in crate::worker) fn leave_alone(&mut self) {
        self.is_left_alone = true;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.running.turns().retain(|turn| !Arc::ptr_eq(turn, &self.turn));
        if !self.is_left_alone {
            self.found_nothing();
        }
    }
}

#[cfg(test)]
mod tests;
