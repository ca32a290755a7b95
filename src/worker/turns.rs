//! The turns of a process: how many may run, and what those that run are told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::overdue;
use crate::id::AccountId;

/// A turn whose batch is on the wire for longer steps aside, so that others can begin.
const SLOW: Duration = Duration::from_millis(500);

/// Turns that may have stepped aside, as a multiple of the others: each holds a batch in memory.
const ASIDE: usize = 2;

/// Counts turns, and tells them of what is recorded for their accounts meanwhile, so that it does not wait for a turn's end.
#[derive(Debug)]
pub(super) struct Turns {
    room: Arc<Semaphore>,
    most: usize,
    /// What of the room is for destinations that fail: they take long, and come again and again.
    room_for_failing: Arc<Semaphore>,
    aside: Arc<Semaphore>,
    /// Whether there was work for more turns than may run.
    crowded: AtomicBool,
    running: Mutex<HashMap<AccountId, Vec<Running>>>,
}

/// A turn that runs.
#[derive(Debug)]
struct Running {
    news: Arc<Notify>,
    /// Destinations that its account had when it began.
    siblings: usize,
}

/// A turn's place among the others. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    turns: Arc<Turns>,
    account: AccountId,
    news: Arc<Notify>,
    permits: Mutex<Vec<OwnedSemaphorePermit>>,
}

/// What a turn is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Party {
    pub(super) account: AccountId,
    /// Destinations of the account.
    pub(super) siblings: usize,
    /// Whether the last attempt failed.
    pub(super) is_failing: bool,
}

impl Turns {
    /// Room for so many.
    pub(super) fn new(most: usize) -> Arc<Self> {
        let most = most.min(Semaphore::MAX_PERMITS / ASIDE);
        Arc::new(Self {
            room: Arc::new(Semaphore::new(most)),
            most,
            room_for_failing: Arc::new(Semaphore::new((most / 2).max(1))),
            aside: Arc::new(Semaphore::new(most * ASIDE)),
            crowded: AtomicBool::default(),
            running: Mutex::default(),
        })
    }

    /// How many more may begin now.
    pub(super) fn room(&self) -> usize {
        self.room.available_permits()
    }

    /// How many more may begin for destinations that fail.
    pub(super) fn room_for_failing(&self) -> usize {
        self.room_for_failing.available_permits().min(self.room())
    }

    /// Whether there was work for more turns than had room when it was last looked for.
    pub(super) fn set_crowded(&self, crowded: bool) {
        self.crowded.store(crowded, Ordering::Relaxed);
    }

    /// Whether others wait for a turn.
    pub(super) fn is_crowded(&self) -> bool {
        self.crowded.load(Ordering::Relaxed)
    }

    /// Begins a turn. Whatever is told from now on reaches it.
    pub(super) async fn begin(self: &Arc<Self>, party: Party) -> Seat {
        let Party { account, siblings, is_failing } = party;
        // The semaphores are never closed; without permits the turn would only be uncounted.
        let permits = if is_failing {
            let both = [self.room_for_failing.clone().acquire_owned().await, self.room.clone().acquire_owned().await];
            both.into_iter().flatten().collect()
        } else {
            self.room.clone().acquire_owned().await.into_iter().collect()
        };
        let news = Arc::<Notify>::default();
        self.running().entry(account).or_default().push(Running { news: news.clone(), siblings });
        Seat { turns: self.clone(), account, news, permits: Mutex::new(permits) }
    }

    /// Something was recorded for these accounts. Gives those that have destinations which were not told: no turn runs for
    /// them here.
    pub(super) fn tell(&self, accounts: Vec<AccountId>) -> Vec<AccountId> {
        let running = self.running();
        let is_not_told = |account: &AccountId| {
            let turns = running.get(account).map_or(&[][..], Vec::as_slice);
            for turn in turns {
                turn.news.notify_one();
            }
            turns.last().is_none_or(|turn| turn.siblings > turns.len())
        };
        accounts.into_iter().filter(is_not_told).collect()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<AccountId, Vec<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits for what was told and not taken note of yet.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Whether others wait for a turn.
    pub(super) fn is_crowded(&self) -> bool {
        self.turns.is_crowded()
    }

    /// Whether the turn may wait for news: only where as much room is left for others as turns may take.
    pub(super) fn may_stay(&self) -> bool {
        !self.is_crowded() && self.turns.room() * 2 >= self.turns.most
    }

    /// Waits for a batch on the wire. If it takes long, the turn makes room for others, as long as not too many have done so.
    pub(super) async fn hold<T>(&self, batch: impl Future<Output = T>) -> T {
        overdue::hold(batch, SLOW, || self.step_aside()).await
    }

    fn step_aside(&self) {
        if let Ok(aside) = self.turns.aside.clone().try_acquire_owned() {
            *self.permits.lock().unwrap_or_else(PoisonError::into_inner) = vec![aside];
        }
    }

    /// Takes no more news: what is told from now on is looked for anew.
    pub(super) fn close(&self) {
        let mut running = self.turns.running();
        if let Some(turns) = running.get_mut(&self.account) {
            turns.retain(|turn| !Arc::ptr_eq(&turn.news, &self.news));
            if turns.is_empty() {
                running.remove(&self.account);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::random::Random;

    fn accounts() -> (AccountId, AccountId) {
        (AccountId(Random.uuid()), AccountId(Random.uuid()))
    }

    fn party(account: AccountId, siblings: usize) -> Party {
        Party { account, siblings, is_failing: false }
    }

    #[tokio::test]
    async fn a_turn_hears_of_its_own_account_what_was_told_since_it_began() {
        let (turns, (own, other)) = (Turns::new(4), accounts());
        assert_eq!(turns.tell(vec![own]), [own]);
        let seat = turns.begin(party(own, 1)).await;
        assert_eq!(turns.tell(vec![other]), [other]);
        assert!(seat.news().now_or_never().is_none());
        assert_eq!(turns.tell(vec![other, own]), [other]);
        assert!(turns.tell(vec![own]).is_empty());
        assert!(seat.news().now_or_never().is_some());
        assert!(seat.news().now_or_never().is_none(), "it is told once, however often something is recorded");
    }

    #[tokio::test]
    async fn work_is_looked_for_while_a_destination_of_the_account_has_no_turn() {
        let (turns, (own, _)) = (Turns::new(4), accounts());
        let first = turns.begin(party(own, 2)).await;
        assert_eq!(turns.tell(vec![own]), [own]);
        let second = turns.begin(party(own, 2)).await;
        assert!(turns.tell(vec![own]).is_empty());
        second.close();
        assert_eq!(turns.tell(vec![own]), [own]);
        drop((first, second));
        assert!(turns.running().is_empty(), "nothing is kept of turns that ended");
    }

    #[tokio::test]
    async fn turns_stay_only_while_half_of_the_room_is_free() {
        let (turns, (own, other)) = (Turns::new(4), accounts());
        let seats = (turns.begin(party(own, 1)).await, turns.begin(party(other, 1)).await);
        assert!(seats.0.may_stay());
        let third = turns.begin(party(other, 2)).await;
        assert!(!third.may_stay());
        drop(third);
        turns.set_crowded(true);
        assert!(!seats.1.may_stay());
    }

    #[tokio::test]
    async fn destinations_that_fail_take_half_of_the_room_at_the_most() {
        let (turns, (own, other)) = (Turns::new(4), accounts());
        let failing = Party { is_failing: true, ..party(own, 3) };
        let seats = (turns.begin(failing).await, turns.begin(failing).await);
        assert_eq!((turns.room_for_failing(), turns.room()), (0, 2));
        drop(seats.0);
        let others = [party(other, 3); 3].map(|party| turns.begin(party).now_or_never());
        assert!(others.iter().all(Option::is_some));
        assert_eq!((turns.room_for_failing(), turns.room()), (0, 0));
    }

    #[tokio::test]
    async fn a_turn_whose_batch_takes_long_makes_room_until_too_many_have() {
        let (turns, (own, other)) = (Turns::new(1), accounts());
        let hangs = Party { is_failing: true, ..party(own, 3) };
        let first = turns.begin(hangs).await;
        assert_eq!(turns.room(), 0);
        first.step_aside();
        assert_eq!((turns.room(), turns.room_for_failing()), (1, 1));
        let second = turns.begin(hangs).await;
        second.step_aside();
        let third = turns.begin(party(other, 1)).await;
        third.step_aside();
        assert_eq!(turns.room(), 0, "as many are aside as may be");
        drop(second);
        third.step_aside();
        assert_eq!(turns.room(), 1);
    }
}
