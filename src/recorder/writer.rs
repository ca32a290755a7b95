//! Commits what has gathered, in one statement and with one notification (spec 4.2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use tokio::sync::mpsc;

use super::{Buffer, entry};
use crate::random::Random;
use crate::store::log::{self, Entry};
use crate::store::{self, Store, losses};

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
    random: Random,
    receiver: mpsc::UnboundedReceiver<Entry>,
    buffer: Arc<Buffer>,
    /// Taken from the channel, but left for the next commit.
    next: Option<Entry>,
    /// When the last entries were tried for the first time, once the program stops.
    farewell: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        store: Store,
        random: Random,
        receiver: mpsc::UnboundedReceiver<Entry>,
        buffer: Arc<Buffer>,
    ) -> Self {
        Self { store, random, receiver, buffer, next: None, farewell: None }
    }

    /// Commits until every recorder is gone and nothing waits.
    pub async fn run(mut self) {
        while let Some(mut group) = self.gather().await {
            let bytes = group.iter().map(entry::size).sum();
            self.commit(&mut group).await;
            self.buffer.leave(bytes);
        }
        self.tell_losses().await;
    }

    /// Waits for one entry and takes whatever else is there. None: all is written and nothing more can come.
    async fn gather(&mut self) -> Option<Vec<Entry>> {
        let first = match self.next.take() {
            Some(waiting) => waiting,
            None => self.receiver.recv().await?,
        };
        let mut bytes = entry::size(&first);
        let mut group = vec![first];
        while group.len() < MOST_ENTRIES {
            let Ok(waiting) = self.receiver.try_recv() else { break };
            bytes += entry::size(&waiting);
            if bytes > MOST_BYTES {
                self.next = Some(waiting);
                break;
            }
            group.push(waiting);
        }
        Some(group)
    }

    async fn commit(&mut self, group: &mut [Entry]) {
        let (mut pause, longest) = PAUSES;
        while let Err(error) = self.record(group).await {
            if matches!(error, store::Error::Refused(_)) {
                // One entry that Postgres refuses must not hold back the others.
                return if group.len() > 1 { self.commit_halves(group).await } else { self.lose(group, &error) };
            }
            tracing::warn!(%error, waiting = group.len(), "completed requests wait for the database");
            if self.receiver.is_closed() && self.farewell.get_or_insert_with(Instant::now).elapsed() > FAREWELL {
                return self.lose(group, &error);
            }
            // The commit may have happened, only its answer did not come.
            for waiting in group.iter_mut() {
                waiting.maybe_known = true;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
        self.tell_losses().await;
    }

    async fn commit_halves(&mut self, group: &mut [Entry]) {
        let (first, second) = group.split_at_mut(group.len() / 2);
        Box::pin(self.commit(first)).await;
        Box::pin(self.commit(second)).await;
    }

    async fn record(&self, entries: &[Entry]) -> store::Result<()> {
        let begun = Instant::now();
        log::record(&self.store, entries).await?;
        histogram!("tracecast_recorder_commit_seconds").record(begun.elapsed().as_secs_f64());
        counter!("tracecast_recorder_recorded_total").increment(entries.len() as u64);
        Ok(())
    }

    fn lose(&self, group: &[Entry], error: &store::Error) {
        for waiting in group {
            self.buffer.losses.add(waiting.account, 1, &error.to_string());
        }
    }

    /// Writes down what was lost, so that its accounts see it.
    async fn tell_losses(&self) {
        let untold = self.buffer.losses.take();
        if untold.is_empty() {
            return;
        }
        let rows: Vec<_> = untold.iter().map(|(account, lost)| (self.random.uuid(), *account, *lost)).collect();
        if let Err(error) = losses::record(&self.store, &rows).await {
            tracing::warn!(%error, "lost requests could not be written down yet");
            self.buffer.losses.put_back(&untold);
        }
    }
}
