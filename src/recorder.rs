//! Takes completed requests from the gateway and commits them in groups, without ever making a caller wait (spec 4.2).
//!
//! What cannot be written at once, because Postgres is away, waits in a buffer of bounded size; beyond it requests are
//! lost, counted for their account, and shown to it once Postgres is back.

mod entry;
mod losses;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::gauge;
use tokio::sync::mpsc;

use self::losses::Losses;
pub use self::writer::Writer;
use crate::completed_request::CompletedRequest;
use crate::completed_request::content::Content;
use crate::id::AccountId;
use crate::random::Random;
use crate::store::Store;
use crate::store::log::Entry;

/// Bytes that may wait in memory (spec 4.2).
pub const BUFFER_BYTES: usize = 64 * 1024 * 1024;

/// Hands completed requests to the writer. Cheap to clone. The writer ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Recorder {
    sender: mpsc::UnboundedSender<Entry>,
    buffer: Arc<Buffer>,
}

/// How much waits, and how much was lost.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: AtomicUsize,
    losses: Losses,
}

impl Buffer {
    /// Requests that were lost since the start.
    pub fn lost(&self) -> u64 {
        self.losses.total()
    }

    /// Bytes that wait to be written, about.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Makes room for so many bytes. False: there is none.
    fn enter(&self, bytes: usize) -> bool {
        let waiting = self.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        if waiting > BUFFER_BYTES {
            self.leave(bytes);
            return false;
        }
        tell(waiting);
        true
    }

    fn leave(&self, bytes: usize) {
        let waiting = self.bytes.fetch_sub(bytes, Ordering::AcqRel) - bytes;
        tell(waiting);
    }
}

fn tell(waiting: usize) {
    // Far below 2^32: the buffer is bounded.
    gauge!("tracecast_recorder_waiting_bytes").set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
}

impl Recorder {
    /// A recorder and the writer that commits what it takes.
    pub fn new(store: Store, random: Random) -> (Self, Writer) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let buffer = Arc::new(Buffer::default());
        (Self { sender, buffer: buffer.clone() }, Writer::new(store, random, receiver, buffer))
    }

    /// Records one completed request. Never waits and never fails; what the bounded buffer cannot hold is counted.
    pub fn record(&self, account: AccountId, request: &CompletedRequest<'_>, content: &Content) {
        let entry = entry::of(account, request, content);
        let size = entry::size(&entry);
        if !self.buffer.enter(size) {
            return self.buffer.losses.add(account, 1, "the buffer is full");
        }
        if self.sender.send(entry).is_err() {
            self.buffer.leave(size);
            self.buffer.losses.add(account, 1, "the program stops");
        }
    }

    /// How much waits, and how much was lost.
    pub fn buffer(&self) -> Arc<Buffer> {
        self.buffer.clone()
    }
}
