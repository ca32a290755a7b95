//! A turn's priority in the database.
//!
//! Where many receivers hang, their requests are given up in the same moment, and as many turns have something to write down.
//! They wait for each other on connections of their own, so that the turn of a receiver that answers waits for none of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::delivering::Report;
use super::overdue;
use crate::store::Store;

/// A receiver that takes longer hangs. It is much, because on a busy machine answers of healthy receivers are late, too, and
/// their turns must not wait among the others.
const HANGS: Duration = Duration::from_secs(5);

/// The connections of a worker's turns.
#[derive(Debug, Clone)]
pub(super) struct Stores {
    pub(super) usual: Store,
    /// A few, for turns whose receivers fail or hang.
    pub(super) low: Store,
}

/// Those that one turn uses.
#[derive(Debug)]
pub(super) struct Priority {
    stores: Stores,
    is_low: AtomicBool,
    hangs: Duration,
}

impl Priority {
    /// For a turn that begins. `is_failing`: the last attempt failed.
    pub(super) fn new(stores: Stores, is_failing: bool) -> Self {
        Self { stores, is_low: AtomicBool::new(is_failing), hangs: HANGS }
    }

    /// Where to ask now.
    pub(super) fn store(&self) -> &Store {
        if self.is_low.load(Ordering::Relaxed) { &self.stores.low } else { &self.stores.usual }
    }

    /// Waits for a batch on the wire. Once it hangs, the turn gives way to others.
    pub(super) async fn hold<T>(&self, batch: impl Future<Output = T>) -> T {
        overdue::hold(batch, self.hangs, || self.is_low.store(true, Ordering::Relaxed)).await
    }

    /// Takes in what a batch came to.
    pub(super) fn learn(&self, report: &Report) {
        let hung = report.sent.iter().any(|sent| sent.attempt.duration >= self.hangs);
        self.is_low.store(report.accepted == 0 || hung, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgConnectOptions;

    use super::*;
    use crate::delivery::Outcome;
    use crate::otlp::answer::Evidence;
    use crate::worker::attempt::Attempt;
    use crate::worker::delivering::Sent;

    fn priority(is_failing: bool) -> Priority {
        let store = || Store::open(PgConnectOptions::new(), "nobody connects", 1);
        Priority::new(Stores { usual: store(), low: store() }, is_failing)
    }

    fn is_low(priority: &Priority) -> bool {
        std::ptr::eq(priority.store(), &raw const priority.stores.low)
    }

    fn report(accepted: usize, duration: Duration) -> Report {
        let attempt =
            Attempt { outcome: Outcome::Delivered, status: Some(200), duration, evidence: Evidence::default() };
        let mut report = Report::default();
        report.sent.push(Sent { attempt, requests: 1, bytes: 1, covered: None });
        report.accepted = accepted;
        report
    }

    #[tokio::test]
    async fn a_turn_gives_way_while_its_receiver_fails_or_hangs_and_no_longer() {
        let priority = priority(true);
        assert!(is_low(&priority), "the last attempt failed");
        priority.learn(&report(1, HANGS / 2));
        assert!(!is_low(&priority), "it was accepted");
        priority.learn(&report(1, HANGS));
        assert!(is_low(&priority), "it was accepted, but late");
        priority.learn(&report(1, HANGS / 2));
        priority.learn(&report(0, HANGS / 2));
        assert!(is_low(&priority), "it was not accepted");
    }

    #[tokio::test]
    async fn a_turn_gives_way_as_soon_as_a_request_hangs() {
        let priority = Priority { hangs: Duration::from_millis(1), ..priority(false) };
        priority.hold(async {}).await;
        assert!(!is_low(&priority));
        let hanging = std::pin::pin!(priority.hold(std::future::pending::<()>()));
        let while_it_hangs = async {
            while !is_low(&priority) {
                tokio::task::yield_now().await;
            }
        };
        futures_util::future::select(hanging, std::pin::pin!(while_it_hangs)).await;
        assert!(is_low(&priority));
    }
}
