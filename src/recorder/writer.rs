//! Commits the entries that have gathered, in one statement and with one notification (spec 4.2), and keeps those that
//! the database does not take before the program ends.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::commits::{Commits, Settled};
use super::drawer::Drawer;
use super::kept::Kept;
use super::{Buffer, Receipt, Waiting, entry};
use crate::store::log::{Completed, Entry};

/// Most entries in one commit.
const MOST_ENTRIES: usize = 1_000;
/// Most bytes in one commit; a single larger entry goes alone.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// How long the database is given to take the last entries when the program stops; then they are kept. Requests that run may
/// take 10 s to end before that, and the program is gone after 18 s.
const FAREWELL: Duration = Duration::from_secs(3);

/// The receiving end of the recorder.
#[derive(Debug)]
pub struct Writer {
    commits: Commits,
    receiver: mpsc::UnboundedReceiver<Waiting>,
    buffer: Arc<Buffer>,
    /// Groups that are being committed, in order.
    groups: VecDeque<Vec<Entry>>,
    /// What came with the entries of the groups, one for each, in the same order.
    receipts: VecDeque<Option<Receipt>>,
    /// Taken from the channel, but left for the next group.
    next: Option<Waiting>,
    /// Every recorder is gone.
    closed: CancellationToken,
    /// None: nothing is kept, and the database is waited for.
    drawer: Option<Drawer>,
}

impl Writer {
    pub(super) fn new(
        commits: Commits,
        receiver: mpsc::UnboundedReceiver<Waiting>,
        buffer: Arc<Buffer>,
        closed: CancellationToken,
    ) -> Self {
        let (groups, receipts) = (VecDeque::new(), VecDeque::new());
        Self { commits, receiver, buffer, groups, receipts, next: None, closed, drawer: None }
    }

    /// The same writer, but what the database does not take before the program ends is kept in this drawer.
    #[must_use]
    pub fn keeping_in(self, drawer: Drawer) -> Self {
        Self { drawer: Some(drawer), ..self }
    }

    /// Commits until every recorder is gone and nothing waits, or what waits is kept. Requests that can be neither
    /// committed nor kept still count as waiting when this returns.
    pub async fn run(mut self) {
        let farewell = farewell(self.closed.clone(), self.drawer.is_some());
        tokio::select! {
            () = self.commit_all() => {}
            () = farewell => {}
        }
        if let Some(drawer) = self.drawer.take() {
            self.keep_the_rest(&drawer);
        }
    }

    async fn commit_all(&mut self) {
        self.commits.read_clock().await;
        while self.gather().await {
            while !self.groups.is_empty() {
                let settled = self.commits.settle_first(&mut self.groups).await;
                self.confirm(&settled);
                self.leave(&settled.entries);
            }
            self.commits.record_losses().await;
        }
        self.commits.record_losses().await;
    }

    /// Waits for one entry and takes whatever else is there. False: all is written and nothing more can come.
    async fn gather(&mut self) -> bool {
        let first = match self.next.take() {
            Some(waiting) => Some(waiting),
            None => self.receiver.recv().await,
        };
        let Some(first) = first else { return false };
        let group = self.group_from(first);
        self.groups.push_back(group);
        true
    }

    fn group_from(&mut self, first: Waiting) -> Vec<Entry> {
        let mut bytes = entry::size(&first.entry);
        let mut group = vec![first.entry];
        self.receipts.push_back(first.receipt);
        while group.len() < MOST_ENTRIES {
            let Ok(waiting) = self.receiver.try_recv() else { break };
            bytes += entry::size(&waiting.entry);
            if bytes > MOST_BYTES {
                self.next = Some(waiting);
                break;
            }
            group.push(waiting.entry);
            self.receipts.push_back(waiting.receipt);
        }
        group
    }

    /// Sends the receipts of entries that are recorded, and drops those of entries that are lost.
    fn confirm(&mut self, settled: &Settled) {
        for receipt in self.receipts.drain(..settled.entries.len()).flatten().filter(|_| settled.recorded) {
            // Whoever gave it may have given up waiting.
            let _ = receipt.send(());
        }
    }

    /// Takes entries that wait no longer out of the buffer's count.
    fn leave(&self, settled: &[Entry]) {
        let waiting = self.next.as_ref().map(|waiting| &waiting.entry);
        let next = self.groups.front().and_then(|group| group.first()).or(waiting);
        let next = next.or(settled.last()).and_then(|entry| match entry.completed {
            Completed::Here(at) => Some(at),
            Completed::Dated(_) => None,
        });
        self.buffer.leave(settled.len(), settled.iter().map(entry::size).sum(), next);
    }

    /// Keeps what the database did not take for the next start. As a rule nothing is left.
    fn keep_the_rest(&mut self, drawer: &Drawer) {
        while let Some(first) = self.next.take().or_else(|| self.receiver.try_recv().ok()) {
            let group = self.group_from(first);
            self.groups.push_back(group);
        }
        let (mut kept, mut lost, mut reason) = (0, Vec::new(), None);
        while let Some(group) = self.groups.pop_front() {
            match drawer.keep(&Kept::entries(&group, self.commits.clock_offset())) {
                Ok(()) => {
                    kept += group.len();
                    self.leave(&group);
                }
                Err(error) => {
                    lost.extend(group.iter().map(|entry| entry.account));
                    reason = Some(error);
                }
            }
        }
        if kept > 0 {
            let folder = drawer.folder().display();
            tracing::warn!(kept, %folder, "the database is away: completed requests are kept, and recorded at the next start");
        }
        if let Some(reason) = reason {
            self.buffer.losses.add_all(&lost, &format!("the database is away, and {reason}"));
        }
        self.keep_losses(drawer);
    }

    /// Keeps losses that the database has not recorded for the next start.
    fn keep_losses(&self, drawer: &Drawer) {
        let unrecorded = self.buffer.losses.unrecorded();
        if unrecorded.is_empty() {
            return;
        }
        match drawer.keep(&Kept::losses(self.commits.named(&unrecorded))) {
            Ok(()) => self.buffer.losses.remove(&unrecorded),
            Err(error) => tracing::error!(%error, "the accounts whose requests were lost will not see how many"),
        }
    }
}

/// Returns when every recorder is gone and the database has had its time. Never, if nothing is kept then.
async fn farewell(closed: CancellationToken, keeps: bool) {
    if !keeps {
        return std::future::pending().await;
    }
    closed.cancelled().await;
    tokio::time::sleep(FAREWELL).await;
}
