//! Takes completed requests from the gateway and commits them in groups, without ever making a caller wait (spec 4.2).
//!
//! What cannot be written at once, because Postgres is away, waits in a buffer of bounded size; beyond it requests are
//! lost, counted, and told to the log.

mod entry;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;

pub use self::writer::Writer;
use crate::completed_request::CompletedRequest;
use crate::completed_request::content::Content;
use crate::id::AccountId;
use crate::store::Store;
use crate::store::log::Entry;

/// Bytes that may wait in memory (spec 4.2).
pub const BUFFER_BYTES: usize = 64 * 1024 * 1024;

/// Hands completed requests to the writer. Cheap to clone. The writer ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Recorder {
    sender: mpsc::UnboundedSender<Waiting>,
    buffer: Arc<Buffer>,
}

/// One entry on its way, with the moment at which its request completed.
#[derive(Debug)]
struct Waiting {
    entry: Entry,
    completed: Instant,
}

/// How much waits, and how much was lost.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: AtomicUsize,
    lost: AtomicU64,
}

impl Buffer {
    /// Requests that were lost because the buffer was full.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Recorder {
    /// A recorder and the writer that commits what it takes.
    pub fn new(store: Store) -> (Self, Writer) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let buffer = Arc::new(Buffer::default());
        (Self { sender, buffer: buffer.clone() }, Writer::new(store, receiver, buffer))
    }

    /// Records one completed request. Never waits and never fails; what the bounded buffer cannot hold is counted.
    pub fn record(&self, account: AccountId, request: &CompletedRequest<'_>, content: &Content) {
        let entry = entry::of(account, request, content);
        let size = entry::size(&entry);
        let waiting = self.buffer.bytes.fetch_add(size, Ordering::AcqRel);
        if waiting + size > BUFFER_BYTES || self.sender.send(Waiting { entry, completed: Instant::now() }).is_err() {
            self.buffer.bytes.fetch_sub(size, Ordering::AcqRel);
            let lost = self.buffer.lost.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::error!(lost, "a completed request was lost: the database is away and the buffer is full");
        }
    }

    /// How much waits, and how much was lost.
    pub fn buffer(&self) -> Arc<Buffer> {
        self.buffer.clone()
    }
}
