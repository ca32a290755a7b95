//! The settings as they were leased, and the rule that no request starts once they have changed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::priority::Priority;
use crate::egress::MayLeave;
use crate::store;
use crate::store::cursors::{self, Current, Fence, Lease};

/// How old what is known of the settings may be when a request starts. An edit holds at the latest a second after it was
/// answered; this leaves half of that second for a busy machine.
const FRESH: Duration = Duration::from_millis(500);

/// The same for what was just asked of a database that takes its time.
const RECENT: Duration = Duration::from_millis(800);

/// Questions to such a database, before others have their turn.
const MOST_QUESTIONS: u32 = 3;

/// What one destination was leased with.
#[derive(Debug)]
pub(super) struct Terms {
    priority: Arc<Priority>,
    fence: Fence,
    as_leased: Current,
    stop: CancellationToken,
    /// When things were last known to be so.
    confirmed: Mutex<Instant>,
}

impl Terms {
    /// Those of a lease that was asked for at `asked`.
    pub(super) fn new(priority: Arc<Priority>, lease: &Lease, asked: Instant, stop: CancellationToken) -> Self {
        let as_leased = Current { revision: lease.revision, private: lease.private, on: true };
        let confirmed = Mutex::new(asked);
        Self { priority, fence: lease.fence(), as_leased, stop, confirmed }
    }

    /// Whether a request may start now.
    pub(super) async fn hold(&self) -> Result<bool, store::Error> {
        if self.stop.is_cancelled() {
            return Ok(false);
        }
        if self.confirmed().elapsed() <= FRESH {
            return Ok(true);
        }
        let mut database = self.priority.store().connection().await?;
        for _ in 0..MOST_QUESTIONS {
            let asked = Instant::now();
            let current = cursors::find_current(&mut database, self.fence).await?;
            if !current.is_some_and(|current| self.confirm(asked, current)) {
                return Ok(false);
            }
            if asked.elapsed() <= RECENT {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same for a request that waits for a connection. While the database is away it may not.
    pub(super) fn may_leave(self: Arc<Self>) -> MayLeave {
        Box::pin(async move { self.hold().await.unwrap_or(false) })
    }

    /// Takes note of how things stood at `asked`. False: not as they were leased.
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
