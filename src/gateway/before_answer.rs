//! "Answered means recorded", for operators who want it: the end of an answer waits for the commit of its request (spec 4.1).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::counter;
use tokio::sync::oneshot;

/// How long the end of an answer waits. A caller is worth more than a record.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pause between two lines of the log.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// Holds the ends of answers until their requests are committed.
#[derive(Debug, Default)]
pub(super) struct BeforeAnswer {
    let_go: Mutex<LetGo>,
}

/// Answers whose end left although their requests were not committed.
#[derive(Debug, Default)]
struct LetGo {
    /// Since the last line of the log.
    unlogged: u64,
    logged: Option<Instant>,
}

impl BeforeAnswer {
    /// Returns when the request is committed, when that will not happen, or when the caller has waited long enough.
    pub(super) async fn hold(&self, committed: oneshot::Receiver<()>) {
        if !matches!(tokio::time::timeout(PATIENCE, committed).await, Ok(Ok(()))) {
            self.let_go();
        }
    }

    fn let_go(&self) {
        counter!("tracecast_answers_let_go_total").increment(1);
        let mut let_go = self.let_go.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answers) = let_go.count(Instant::now()) {
            tracing::warn!(answers, "answers were let go: the database did not take their requests in time");
        }
    }
}

impl LetGo {
    /// Counts one more. Gives how many the log does not know yet, if it is time for a line.
    fn count(&mut self, now: Instant) -> Option<u64> {
        self.unlogged += 1;
        if self.logged.is_some_and(|logged| now.duration_since(logged) < LOG_PAUSE) {
            return None;
        }
        self.logged = Some(now);
        Some(std::mem::take(&mut self.unlogged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_let_go_are_a_line_of_the_log_at_most_every_ten_seconds() {
        let (mut let_go, begun) = (LetGo::default(), Instant::now());
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(let_go.count(begun), Some(1), "the first is logged at once");
        assert_eq!((let_go.count(after(1)), let_go.count(after(9))), (None, None));
        assert_eq!(let_go.count(after(10)), Some(3), "with those that were not logged");
        assert_eq!(let_go.count(after(19)), None);
    }
}
