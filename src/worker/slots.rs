//! How many requests of this process may be on the wire (spec 4.2).
//!
//! A receiver that takes long must not use up the slots of those that answer: a request that is still out after a second
//! moves into overtime, and its slot is free again. Those that failed before, and may all come back at once, have half of the slots.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::overdue;

/// After this long a request is slow.
const SLOW: Duration = Duration::from_secs(1);

/// Slow requests, as a multiple of the others. When overtime is full, too, slow requests keep their slots.
const OVERTIME: usize = 8;

/// The slots of a process.
#[derive(Debug)]
pub(super) struct Slots {
    usual: Arc<Semaphore>,
    for_failing: Arc<Semaphore>,
    overtime: Arc<Semaphore>,
    slow: Duration,
}

/// The right to have one request on the wire.
#[derive(Debug)]
pub(super) struct Slot {
    permits: Vec<OwnedSemaphorePermit>,
    overtime: Arc<Semaphore>,
    slow: Duration,
}

impl Slots {
    pub(super) fn new(most: usize) -> Self {
        let overtime = most.saturating_mul(OVERTIME).min(Semaphore::MAX_PERMITS);
        let for_failing = Arc::new(Semaphore::new((most / 2).max(1)));
        Self {
            usual: Arc::new(Semaphore::new(most)),
            for_failing,
            overtime: Arc::new(Semaphore::new(overtime)),
            slow: SLOW,
        }
    }

    /// Waits for a slot. `is_failing`: the destination's last attempt failed.
    pub(super) async fn enter(&self, is_failing: bool) -> Slot {
        let mut permits = Vec::new();
        // The semaphores are never closed; without a permit the request would only be uncounted.
        if is_failing {
            permits.extend(self.for_failing.clone().acquire_owned().await);
        }
        permits.extend(self.usual.clone().acquire_owned().await);
        Slot { permits, overtime: self.overtime.clone(), slow: self.slow }
    }
}

impl Slot {
    /// Waits for `request`, in overtime once it is slow.
    pub(super) async fn hold<T>(mut self, request: impl Future<Output = T>) -> T {
        let move_into_overtime = || {
            if let Ok(overtime) = self.overtime.clone().try_acquire_owned() {
                self.permits = vec![overtime];
            }
        };
        overdue::hold(request, self.slow, move_into_overtime).await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt as _;
    use tokio_util::task::TaskTracker;

    use super::*;

    #[tokio::test]
    async fn requests_that_hang_do_not_keep_others_from_starting() {
        let slots = Slots { slow: Duration::from_millis(1), ..Slots::new(2) };
        let hanging = TaskTracker::new();
        for _ in 0..10 {
            hanging.spawn(slots.enter(false).await.hold(pending::<()>()));
        }
        assert_eq!(slots.enter(false).await.hold(async { 7 }).await, 7);
    }

    #[tokio::test]
    async fn no_more_requests_start_than_there_are_slots() {
        let slots = Slots::new(1);
        let first = slots.enter(false).await;
        assert!(slots.enter(false).now_or_never().is_none());
        drop(first);
        assert!(slots.enter(false).now_or_never().is_some());
    }

    #[tokio::test]
    async fn those_that_failed_leave_half_of_the_slots_to_the_others() {
        let slots = Slots::new(4);
        let failing = [slots.enter(true).await, slots.enter(true).await];
        assert!(slots.enter(true).now_or_never().is_none());
        let others = [slots.enter(false).await, slots.enter(false).await];
        drop(failing);
        assert!(slots.enter(true).now_or_never().is_some());
        drop(others);
    }
}
