//! Takes completed requests from the gateway and commits them in groups (spec 4.2). Taking one never waits; who wants to
//! know when it is committed gives a receipt with it.
//!
//! While Postgres is away, requests wait in a buffer of bounded size. Beyond it they are lost, counted for their
//! account, and shown to it once Postgres is back. Requests that still wait when the program stops lie sealed in a
//! folder, the drawer, until the next start.

mod buffer;
mod commits;
mod drawer;
pub mod entry;
mod kept;
mod losses;
mod recovery;
mod writer;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::buffer::{BUFFER_BYTES, Buffer};
use self::commits::Commits;
pub use self::drawer::Drawer;
pub use self::recovery::Recovery;
pub use self::writer::Writer;
use crate::completed_request::CompletedRequest;
use crate::completed_request::content::Content;
use crate::id::AccountId;
use crate::random::Random;
use crate::store::Store;
use crate::store::log::{Completed, Entry};

/// Sent when the request that came with it is committed; dropped unsent when that will not happen.
pub type Receipt = oneshot::Sender<()>;

/// A request on its way to the writer.
#[derive(Debug)]
struct Waiting {
    entry: Entry,
    receipt: Option<Receipt>,
}

/// Hands completed requests to the writer. Cheap to clone. The writer ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Recorder {
    sender: mpsc::UnboundedSender<Waiting>,
    buffer: Arc<Buffer>,
    /// Wakes the writer when the last clone is gone, also while it waits for the database.
    _closes: Arc<DropGuard>,
}

impl Recorder {
    /// A recorder and the writer that commits what it takes.
    pub fn new(store: Store, random: Random) -> (Self, Writer) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (buffer, closed) = (Arc::new(Buffer::default()), CancellationToken::new());
        let commits = Commits::new(store, random, buffer.clone());
        let guard = Arc::new(closed.clone().drop_guard());
        let recorder = Self { sender, buffer: buffer.clone(), _closes: guard };
        (recorder, Writer::new(commits, receiver, buffer, closed))
    }

    /// Records one completed request. Never waits and never fails; what the bounded buffer cannot hold is counted.
    pub fn record(
        &self,
        account: AccountId,
        request: &CompletedRequest<'_>,
        content: &Content,
        receipt: Option<Receipt>,
    ) {
        let completed = Instant::now();
        let entry = entry::of(account, request, content, Completed::Here(completed));
        let size = entry::size(&entry);
        if !self.buffer.enter(size, completed) {
            return self.buffer.losses.add(account, "the buffer is full");
        }
        if self.sender.send(Waiting { entry, receipt }).is_err() {
            self.buffer.leave(1, size, None);
            self.buffer.losses.add(account, "the program stops");
        }
    }

    /// How much waits, and how much was lost.
    pub fn buffer(&self) -> Arc<Buffer> {
        self.buffer.clone()
    }
}
