//! How many requests wait to be recorded, since when, and how many were lost.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::gauge;

use super::losses::Losses;

/// Bytes that may wait in memory (spec 4.2).
pub const BUFFER_BYTES: usize = 64 * 1024 * 1024;

/// A request that has waited for longer is late: a database that works takes milliseconds.
const LATE: Duration = Duration::from_secs(15);

/// How much waits, and how much was lost.
#[derive(Debug, Default)]
pub struct Buffer {
    waiting: Mutex<Waiting>,
    pub(super) losses: Losses,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: usize,
    bytes: usize,
    /// When the oldest of them completed.
    since: Option<Instant>,
}

impl Buffer {
    /// Requests that were lost since the start.
    pub fn lost(&self) -> u64 {
        self.losses.total()
    }

    /// Requests that wait to be written.
    pub fn requests(&self) -> usize {
        self.lock().requests
    }

    /// Bytes that wait to be written, about.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// For how long the oldest request has waited; no time at all if none waits.
    pub fn oldest(&self) -> Duration {
        self.lock().since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// The same, if it is so long that something is wrong: the database seems to answer, and takes nothing.
    pub fn late(&self) -> Option<Duration> {
        Some(self.oldest()).filter(|oldest| *oldest >= LATE)
    }

    /// Sets the metric of the oldest request's wait. Called when the metrics are read, because the wait grows by
    /// itself.
    pub fn set_oldest_gauge(&self) {
        gauge!("tracecast_recorder_oldest_waiting_seconds").set(self.oldest().as_secs_f64());
    }

    /// Makes room for a request of so many bytes that completed at this moment. False: there is none.
    pub(super) fn enter(&self, bytes: usize, completed: Instant) -> bool {
        let mut waiting = self.lock();
        if waiting.bytes + bytes > BUFFER_BYTES {
            return false;
        }
        waiting.requests += 1;
        waiting.bytes += bytes;
        waiting.since.get_or_insert(completed);
        set_bytes_gauge(waiting.bytes);
        true
    }

    /// So many requests wait no longer. If others do, the oldest of them did not complete before `next`.
    pub(super) fn leave(&self, requests: usize, bytes: usize, next: Option<Instant>) {
        let mut waiting = self.lock();
        waiting.requests -= requests;
        waiting.bytes -= bytes;
        if waiting.requests == 0 {
            waiting.since = None;
        } else if next.is_some() {
            waiting.since = next;
        }
        set_bytes_gauge(waiting.bytes);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set_bytes_gauge(waiting: usize) {
    // Far below 2^32: the buffer is bounded.
    gauge!("tracecast_recorder_waiting_bytes").set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ago(seconds: u64) -> Instant {
        Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn buffer_is_as_old_as_its_oldest_request_and_late_after_fifteen_seconds() {
        let buffer = Buffer::default();
        assert_eq!((buffer.oldest(), buffer.late()), (Duration::ZERO, None));
        assert!(buffer.enter(100, ago(14)) && buffer.enter(200, ago(9)) && buffer.enter(300, ago(3)));
        assert!(buffer.oldest() >= Duration::from_secs(14) && buffer.late().is_none());
        buffer.leave(1, 100, Some(ago(9)));
        assert!((Duration::from_secs(9)..Duration::from_secs(14)).contains(&buffer.oldest()));
        assert_eq!((buffer.requests(), buffer.bytes()), (2, 500));
        buffer.leave(2, 500, Some(ago(3)));
        assert_eq!((buffer.requests(), buffer.bytes(), buffer.oldest()), (0, 0, Duration::ZERO));
        assert!(buffer.enter(100, ago(16)) && buffer.late().is_some());
    }

    #[test]
    fn buffer_has_room_for_its_bytes_and_no_more() {
        let buffer = Buffer::default();
        assert!(buffer.enter(BUFFER_BYTES, Instant::now()));
        assert!(!buffer.enter(1, Instant::now()));
        assert_eq!((buffer.requests(), buffer.bytes()), (1, BUFFER_BYTES));
    }
}
