//! The current settings of a leased destination. No request starts by others: an edit, Privacy Mode, a pause or the toggle holds at
//! the latest a second after it was answered.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::cursors::{self, Lease};
use crate::store::{self, Store};

/// The age up to which an answer of the database counts when a request starts. It leaves half of the second to a busy machine.
const FRESH: Duration = Duration::from_millis(500);

/// The same for the answer to a question that was asked for this request.
const RECENT: Duration = Duration::from_millis(800);

/// Questions to a database that takes its time, before others have their turn.
const MOST_QUESTIONS: u32 = 3;

/// When the settings that a destination was leased with were last known to be the current ones.
#[derive(Debug)]
pub(super) struct CurrentSettings(Mutex<Instant>);

impl CurrentSettings {
    /// Those of a lease that was asked for at `asked`.
    pub(super) fn new(asked: Instant) -> Self {
        Self(Mutex::new(asked))
    }

    /// Whether they are current, and the lease is held, so that a request may start now.
    pub(super) async fn hold(&self, store: &Store, lease: &Lease) -> store::Result<bool> {
        let confirmed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if confirmed.elapsed() <= FRESH {
            return Ok(true);
        }
        let mut database = store.connection().await?;
        for _ in 0..MOST_QUESTIONS {
            let asked = Instant::now();
            if !cursors::is_current(&mut database, lease).await? {
                return Ok(false);
            }
            self.confirm(asked);
            if asked.elapsed() <= RECENT {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes that they were current at `asked`.
    pub(super) fn confirm(&self, asked: Instant) {
        let mut confirmed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *confirmed = asked.max(*confirmed);
    }
}
