//! From entries of the log to one body.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, FORMAT};
use crate::otlp::{Compression, Encoder, Gzip, Resource};
use crate::store::deliveries::LeftOut;
use crate::store::log::{Entries, Position, ReadEntry as Entry};
use crate::trace::{self, TraceSettings};

/// Entries that are built without letting others have a turn on the thread.
pub(super) const AT_A_TIME: usize = 64;

/// What can be sent of the entries that were read.
#[derive(Debug, Default, Clone)]
pub(in crate::worker) struct Batch {
    /// The last entry that is settled once the batch is. None: no entry could be taken.
    pub(in crate::worker) last: Option<Position>,
    /// Entries that are settled once the batch is.
    pub(in crate::worker) entries: usize,
    /// The requests in the body.
    pub(in crate::worker) places: Vec<Position>,
    /// Entries that cannot be read back or built: dead letters.
    pub(in crate::worker) unreadable: Vec<Position>,
    /// When the requests in the body completed: the first and the last one.
    pub(in crate::worker) completed: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Entries that are not sent.
    pub(in crate::worker) left_out: LeftOut,
    /// Bytes before compression.
    pub(in crate::worker) bytes: usize,
    /// The body as it goes over the wire. Empty when there are no requests.
    pub(in crate::worker) body: Bytes,
    /// Whether any request carries prompt or completion.
    pub(in crate::worker) has_content: bool,
    /// Whether the log may have more right behind.
    pub(in crate::worker) has_more: bool,
}

/// Builds batches, one after the other, with the same buffers.
#[derive(Debug)]
pub(super) struct Builder {
    encoder: Encoder,
    gzip: Gzip,
    compression: Compression,
}

/// For whom a batch is built.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) struct Target<'a> {
    pub(in crate::worker) traces: &'a TraceSettings,
    pub(in crate::worker) content: WithContent,
    /// The most bytes of one request, before compression.
    pub(in crate::worker) bytes: usize,
}

/// Which content goes into the traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worker) enum WithContent {
    AsRead,
    /// None, because the receiver found the trace too large; it is marked so.
    LeftOut,
}

impl Batch {
    /// These entries, none of which is built.
    pub(super) fn of_unreadable(entries: &Entries) -> Self {
        let unreadable: Vec<_> = entries.iter().map(Entry::place).collect();
        Self { last: unreadable.last().copied(), entries: unreadable.len(), unreadable, ..Self::default() }
    }
}

impl Builder {
    pub(super) fn new(resource: Resource, compression: Compression) -> Self {
        Self { encoder: Encoder::new(resource), gzip: Gzip::new(), compression }
    }

    /// Builds and encodes what fits into one request. Entries of a newer format end the batch: they are for a newer worker.
    pub(super) async fn build(&mut self, entries: &Entries, target: Target<'_>) -> Batch {
        let mut batch = Batch::default();
        self.encoder.clear();
        for (number, entry) in entries.iter().enumerate() {
            if number % AT_A_TIME == AT_A_TIME - 1 {
                tokio::task::yield_now().await;
            }
            if entry.format > FORMAT || !self.take(entry, target, &mut batch) {
                break;
            }
        }
        if !batch.places.is_empty() {
            batch.bytes = self.encoder.encoded_len();
            batch.body = match self.compression {
                Compression::None => self.encoder.take(),
                Compression::Gzip => {
                    let mut compressed = Vec::new();
                    self.gzip.compress(self.encoder.finish(), &mut compressed);
                    compressed.into()
                }
            };
        }
        batch
    }

    /// Adds one entry. False: it does not fit any more.
    fn take(&mut self, entry: &Entry, target: Target<'_>, batch: &mut Batch) -> bool {
        let place = entry.place();
        if entry.wanted {
            let before = self.encoder.checkpoint();
            let has_content = target.content == WithContent::AsRead && entry.content.is_some();
            let encoder = &mut self.encoder;
            // A fault of ours in building one trace must not take the others with it.
            let built = catch_unwind(AssertUnwindSafe(|| push(entry, target, encoder))).unwrap_or(false);
            if !built {
                self.encoder.rewind(before);
                batch.unreadable.push(place);
            } else if self.encoder.encoded_len() > target.bytes && self.encoder.traces() > 1 {
                self.encoder.rewind(before);
                batch.has_more = true;
                return false;
            } else {
                batch.has_content |= has_content;
                batch.places.push(place);
                let at = entry.completed_at;
                batch.completed = Some(batch.completed.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
            }
        } else {
            batch.left_out.before_destination += 1;
        }
        batch.entries += 1;
        batch.last = Some(place);
        true
    }
}

fn push(entry: &Entry, target: Target<'_>, encoder: &mut Encoder) -> bool {
    let Ok(request) = CompletedRequest::from_bytes(&entry.payload) else { return false };
    let content =
        entry.content.as_deref().filter(|_| target.content == WithContent::AsRead).map(ContentRef::from_bytes);
    let Ok(content) = content.transpose() else { return false };
    let mut trace = trace::build(&request, content.as_ref(), target.traces);
    if target.content == WithContent::LeftOut {
        trace.mark_content_left_out();
    }
    encoder.push(&trace);
    true
}
