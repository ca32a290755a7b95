//! From entries of the log to one body.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, FORMAT};
use crate::destination::{Encoding, Limits};
use crate::otlp::{Compression, Encode, Gzip, Json, Protobuf, Resource};
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
    /// Ours, without a destination's own attributes.
    resource: Resource,
    protobuf: Protobuf,
    json: Json,
    gzip: Gzip,
}

/// For whom a batch is built.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) struct Target<'a> {
    pub(in crate::worker) traces: &'a TraceSettings,
    pub(in crate::worker) content: WithContent,
    pub(in crate::worker) encoding: Encoding,
    pub(in crate::worker) compression: Compression,
    pub(in crate::worker) limits: Limits,
    /// Requests that completed before are not taken by the receiver any more. None: it takes all.
    pub(in crate::worker) not_before: Option<DateTime<Utc>>,
    /// Attributes that are added to our resource, or replace one of the same name.
    pub(in crate::worker) resource: &'a [(&'static str, String)],
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
        let unreadable: Vec<_> = entries.iter().map(|entry| entry.place).collect();
        Self { last: unreadable.last().copied(), entries: unreadable.len(), unreadable, ..Self::default() }
    }
}

impl Builder {
    pub(super) fn new(resource: Resource) -> Self {
        let (protobuf, json) = (Protobuf::new(&resource), Json::new(&resource));
        Self { resource, protobuf, json, gzip: Gzip::new() }
    }

    /// Builds and encodes what fits into one request. Entries of a newer format end the batch: they are for a newer worker.
    pub(super) async fn build(&mut self, entries: &Entries, target: Target<'_>) -> Batch {
        let mut batch = Batch::default();
        let encoder: &mut dyn Encode = match target.encoding {
            Encoding::OtlpProtobuf => &mut self.protobuf,
            Encoding::OtlpJson => &mut self.json,
        };
        encoder.begin(&self.resource.clone().with(target.resource));
        for (number, entry) in entries.iter().enumerate() {
            if number % AT_A_TIME == AT_A_TIME - 1 {
                tokio::task::yield_now().await;
            }
            if entry.format > FORMAT || !take(encoder, entry, target, &mut batch) {
                break;
            }
        }
        if !batch.places.is_empty() {
            batch.bytes = encoder.encoded_len();
            batch.body = match target.compression {
                Compression::None => encoder.take(),
                Compression::Gzip => {
                    let mut compressed = Vec::new();
                    self.gzip.compress(encoder.finish(), &mut compressed);
                    compressed.into()
                }
            };
        }
        batch
    }
}

/// Adds one entry. False: it does not fit any more.
fn take(encoder: &mut dyn Encode, entry: Entry<'_>, target: Target<'_>, batch: &mut Batch) -> bool {
    let place = entry.place;
    if !entry.wanted {
        batch.left_out.before_destination += 1;
    } else if target.not_before.is_some_and(|earliest| entry.completed_at < earliest) {
        batch.left_out.too_old += 1;
    } else {
        let before = encoder.checkpoint();
        let has_content = target.content == WithContent::AsRead && entry.content.is_some();
        // A fault of ours in building one trace must not take the others with it.
        let built = catch_unwind(AssertUnwindSafe(|| push(entry, target, encoder))).unwrap_or(false);
        if !built {
            encoder.rewind(before);
            batch.unreadable.push(place);
        } else if before.traces > 0 && is_over(encoder, target.limits) {
            encoder.rewind(before);
            batch.has_more = true;
            return false;
        } else {
            batch.has_content |= has_content;
            batch.places.push(place);
            let at = entry.completed_at;
            batch.completed = Some(batch.completed.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
    }
    batch.entries += 1;
    batch.last = Some(place);
    true
}

/// Whether the receiver would not take the request as it is now.
fn is_over(encoder: &dyn Encode, limits: Limits) -> bool {
    encoder.encoded_len() > limits.bytes || encoder.checkpoint().spans > limits.spans
}

fn push(entry: Entry<'_>, target: Target<'_>, encoder: &mut dyn Encode) -> bool {
    let Ok(request) = CompletedRequest::from_bytes(entry.payload) else { return false };
    let content = entry.content.filter(|_| target.content == WithContent::AsRead).map(ContentRef::from_bytes);
    let Ok(content) = content.transpose() else { return false };
    let mut trace = trace::build(&request, content.as_ref(), target.traces);
    if target.content == WithContent::LeftOut {
        trace.mark_content_left_out();
    }
    encoder.push(&trace);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completed_request::sample::request;

    #[test]
    fn request_is_over_with_one_span_or_byte_more_than_the_receiver_takes() {
        let (request, settings) = (request(), TraceSettings::default());
        let mut encoder = Protobuf::new(&Resource::new(""));
        encoder.push(&trace::build(&request, None, &settings));
        let (spans, bytes) = (encoder.checkpoint().spans, encoder.encoded_len());
        for (spans, bytes, expected) in [(spans, bytes, false), (spans - 1, bytes, true), (spans, bytes - 1, true)] {
            assert_eq!(is_over(&encoder, Limits { spans, bytes, ..Limits::USUAL }), expected, "{spans} {bytes}");
        }
    }
}
