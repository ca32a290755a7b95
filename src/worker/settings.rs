//! The current settings of a leased destination. No request starts by others: an edit, Privacy Mode, a pause or the toggle holds at
//! the latest a second after it was answered.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::cursors::{self, Current, Lease};
use crate::store::{self, Store};

/// The age up to which an answer of the database counts when a request starts. It leaves half of the second to a busy machine.
const FRESH: Duration = Duration::from_millis(500);

/// The same for the answer to a question that was asked for this request.
const RECENT: Duration = Duration::from_millis(800);

/// Questions to a database that takes its time, before others have their turn.
const MOST_QUESTIONS: u32 = 3;

/// The settings that a destination was leased with, and when they were last known to be the current ones.
#[derive(Debug)]
pub(super) struct CurrentSettings {
    as_leased: Current,
    confirmed: Mutex<Instant>,
}

impl CurrentSettings {
    /// Those of a lease that was asked for at `asked`.
    pub(super) fn new(lease: &Lease, asked: Instant) -> Self {
        let as_leased = Current { revision: lease.revision, private: lease.private, on: true };
        Self { as_leased, confirmed: Mutex::new(asked) }
    }

    /// Whether they are current, and the lease is held, so that a request may start now.
    pub(super) async fn hold(&self, store: &Store, lease: &Lease) -> store::Result<bool> {
        if self.confirmed().elapsed() <= FRESH {
            return Ok(true);
        }
        let mut database = store.connection().await?;
        for _ in 0..MOST_QUESTIONS {
            let asked = Instant::now();
            let current = cursors::find_current(&mut database, lease.fence()).await?;
            if !current.is_some_and(|current| self.confirm(asked, current)) {
                return Ok(false);
            }
            if asked.elapsed() <= RECENT {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes what was current at `asked`. False: other settings than those of the lease.
    pub(super) fn confirm(&self, asked: Instant, current: Current) -> bool {
        if current != self.as_leased {
            return false;
        }
        let mut confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        *confirmed = asked.max(*confirmed);
        true
    }

    fn confirmed(&self) -> Instant {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
