//! Commits what has gathered, in one statement and with one notification (spec 4.2).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Buffer, Waiting, entry};
use crate::store::{self, Store, log};

/// Most entries in one commit.
const MOST_ENTRIES: usize = 1_000;
/// Most bytes in one commit; a single larger entry goes alone.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Pause after a failed commit, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How long the last entries are tried when the program stops while the database is away.
const FAREWELL: Duration = Duration::from_secs(10);

/// The receiving end of the recorder.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    receiver: mpsc::UnboundedReceiver<Waiting>,
    buffer: Arc<Buffer>,
    /// Taken from the channel, but left for the next commit.
    next: Option<Waiting>,
}

impl Writer {
    pub(super) fn new(store: Store, receiver: mpsc::UnboundedReceiver<Waiting>, buffer: Arc<Buffer>) -> Self {
        Self { store, receiver, buffer, next: None }
    }

    /// Commits until every recorder is gone and nothing waits.
    pub async fn run(mut self) {
        while let Some(mut group) = self.gather().await {
            let bytes = group.iter().map(|waiting| entry::size(&waiting.entry)).sum();
            self.commit(&mut group).await;
            self.buffer.bytes.fetch_sub(bytes, Ordering::AcqRel);
        }
    }

    /// Waits for one entry and takes whatever else is there. None: all is written and nothing more can come.
    async fn gather(&mut self) -> Option<Vec<Waiting>> {
        let first = match self.next.take() {
            Some(waiting) => waiting,
            None => self.receiver.recv().await?,
        };
        let mut bytes = entry::size(&first.entry);
        let mut group = vec![first];
        while group.len() < MOST_ENTRIES {
            let Ok(waiting) = self.receiver.try_recv() else { break };
            bytes += entry::size(&waiting.entry);
            if bytes > MOST_BYTES {
                self.next = Some(waiting);
                break;
            }
            group.push(waiting);
        }
        Some(group)
    }

    async fn commit(&self, group: &mut [Waiting]) {
        let (mut pause, longest) = PAUSES;
        let mut farewell: Option<Instant> = None;
        while let Err(error) = self.record(group).await {
            if matches!(error, store::Error::Refused(_)) {
                // One entry that Postgres refuses must not hold back the others.
                return if group.len() > 1 { self.commit_halves(group).await } else { self.lose(1, &error) };
            }
            tracing::warn!(%error, waiting = group.len(), "completed requests wait for the database");
            if self.receiver.is_closed() && farewell.get_or_insert_with(Instant::now).elapsed() > FAREWELL {
                return self.lose(group.len(), &error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn commit_halves(&self, group: &mut [Waiting]) {
        let (first, second) = group.split_at_mut(group.len() / 2);
        Box::pin(self.commit(first)).await;
        Box::pin(self.commit(second)).await;
    }

    async fn record(&self, group: &mut [Waiting]) -> store::Result<()> {
        for waiting in group.iter_mut() {
            waiting.entry.age = waiting.completed.elapsed();
        }
        let entries: Vec<_> = group.iter().map(|waiting| &waiting.entry).collect();
        log::record(&self.store, &entries).await
    }

    fn lose(&self, count: usize, error: &store::Error) {
        self.buffer.lost.fetch_add(count as u64, Ordering::Relaxed);
        tracing::error!(%error, count, "completed requests were lost");
    }
}
