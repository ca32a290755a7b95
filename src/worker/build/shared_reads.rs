//! Entries that were just read ahead, for other destinations of their account: those that lag behind mostly stand at the same place.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;

use crate::id::AccountId;
use crate::store::log::{self, Entries, Position, Window};
use crate::store::{self, Store};

/// Bytes of entries that are kept: those of four usual reads.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What was read earlier is read anew: it may have been erased.
const MOST_AGE: Duration = Duration::from_secs(1);

/// The newest last.
#[derive(Debug, Default)]
pub(super) struct SharedReads(Mutex<VecDeque<SharedRead>>);

#[derive(Debug)]
struct SharedRead {
    stretch: Stretch,
    begun: Instant,
    entries: Arc<OnceCell<Arc<Entries>>>,
}

/// Which entries are read.
#[derive(Debug, PartialEq)]
struct Stretch {
    account: AccountId,
    after: Position,
    until: Position,
    before: Option<DateTime<Utc>>,
    private: bool,
    entries: i64,
}

impl SharedReads {
    /// Reads small entries, unless another destination has just read them. What is no full read is nobody else's: more may be
    /// recorded since, and nothing would wake the other one again.
    pub(super) async fn list(&self, store: &Store, account: AccountId, window: &Window) -> store::Result<Arc<Entries>> {
        let is_ours = AtomicBool::new(false);
        let read = || async {
            is_ours.store(true, Ordering::Relaxed);
            log::list_small_after(store, account, window, None).await.map(Arc::new)
        };
        let shared = self.find(account, window);
        let entries = shared.get_or_try_init(read).await?;
        if is_ours.load(Ordering::Relaxed) {
            return Ok(entries.clone());
        }
        let is_full = i64::try_from(entries.len()) == Ok(window.entries);
        if is_full && entries.are_wanted_since(window.since) { Ok(entries.clone()) } else { read().await }
    }

    fn find(&self, account: AccountId, window: &Window) -> Arc<OnceCell<Arc<Entries>>> {
        let Window { after, until, since: _, before, private, entries } = *window;
        let stretch = Stretch { account, after, until, before, private, entries };
        let mut reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reads.retain(|read| read.begun.elapsed() < MOST_AGE);
        if let Some(known) = reads.iter().find(|read| read.stretch == stretch) {
            return known.entries.clone();
        }
        let entries = Arc::default();
        reads.push_back(SharedRead { stretch, begun: Instant::now(), entries: Arc::clone(&entries) });
        let mut bytes: usize = reads.iter().map(SharedRead::bytes).sum();
        while bytes > MOST_BYTES {
            let Some(oldest) = reads.pop_front() else { break };
            bytes -= oldest.bytes();
        }
        entries
    }
}

impl SharedRead {
    fn bytes(&self) -> usize {
        self.entries.get().map_or(0, |entries| entries.bytes())
    }
}
