//! From entries of the log to one body.

use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, FORMAT};
use crate::otlp::{Encoder, Gzip};
use crate::store::log::Read;
use crate::trace::{self, TraceSettings};

/// Bytes of one request before compression (spec 2.4).
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What can be sent of the entries that were read.
#[derive(Debug, Default)]
pub(super) struct Batch<'e> {
    /// The entries that are settled once the batch is: as many of those read as fit.
    pub(super) entries: &'e [Read],
    /// Requests in the body.
    pub(super) requests: usize,
    /// Bytes before compression.
    pub(super) bytes: usize,
    /// Entries that cannot be read back: dead letters.
    pub(super) unreadable: Vec<&'e Read>,
    /// The body, compressed. Empty when there are no requests.
    pub(super) body: Vec<u8>,
}

/// Builds and encodes what fits into one request. Entries of a newer format end the batch: they are for a newer worker.
pub(super) fn build<'e>(entries: &'e [Read], settings: &TraceSettings, encoder: &mut Encoder) -> Batch<'e> {
    let mut batch = Batch::default();
    encoder.clear();
    let mut taken = 0;
    for entry in entries {
        if entry.format > FORMAT {
            break;
        }
        if entry.wanted {
            let before = encoder.checkpoint();
            if !push(entry, settings, encoder) {
                batch.unreadable.push(entry);
            } else if encoder.encoded_len() > MOST_BYTES && encoder.traces() > 1 {
                encoder.rewind(before);
                break;
            }
        }
        taken += 1;
    }
    batch.entries = &entries[..taken];
    batch.requests = encoder.traces();
    if batch.requests > 0 {
        let body = encoder.finish();
        batch.bytes = body.len();
        Gzip::new().compress(body, &mut batch.body);
    }
    batch
}

fn push(entry: &Read, settings: &TraceSettings, encoder: &mut Encoder) -> bool {
    let Ok(request) = serde_json::from_slice::<CompletedRequest<'_>>(&entry.payload) else { return false };
    let content = entry.content.as_deref().map(ContentRef::from_bytes);
    let Ok(content) = content.transpose() else { return false };
    encoder.push(&trace::build(&request, content.as_ref(), settings));
    true
}
