//! From entries of the log to one body.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};

use crate::completed_request::content::{Content, ContentRef};
use crate::completed_request::{CompletedRequest, FORMAT};
use crate::destination::redaction::{Counts, Redactor};
use crate::destination::selection::{self, Beyond, Candidate, Kept, KnownKey, Rules};
use crate::destination::{Carried, Encoding, Limits, Parcel};
use crate::id::{AccountId, ApiKeyId, DestinationId};
use crate::otlp::{Compression, Encode, Gzip, Resource};
use crate::store::deliveries::LeftOut;
use crate::store::log::{Entries, Position, ReadEntry as Entry};
use crate::trace::{self, Export, TraceSettings};

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
    /// The bodies as they go over the wire: one, or one for each request where the encoding parts them. Empty when there are no
    /// requests.
    pub(in crate::worker) parcels: Vec<Parcel>,
    /// Whether any request carries prompt or completion.
    pub(in crate::worker) has_content: bool,
    /// Whether the log may have more right behind.
    pub(in crate::worker) has_more: bool,
    /// What the budget of the day had left before it. None: there is no budget.
    pub(in crate::worker) allowance: Option<Allowance>,
    /// The budget is used up, and the entries behind the batch wait until then.
    pub(in crate::worker) held_until: Option<DateTime<Utc>>,
}

/// Builds batches, one after the other, with the same buffers.
#[derive(Debug)]
pub(super) struct Builder {
    /// The program's resource attributes, without those that a destination adds.
    resource: Resource,
    /// One for each encoding that a batch was built in so far.
    encoders: Vec<(Encoding, Box<dyn Encode>)>,
    gzip: Gzip,
}

/// For whom a batch is built.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) struct Target<'a> {
    pub(in crate::worker) traces: &'a TraceSettings,
    /// None: it gets all requests.
    pub(in crate::worker) choice: Option<Choice<'a>>,
    /// None: all of a request is sent.
    pub(in crate::worker) redactor: Option<&'a Redactor>,
    pub(in crate::worker) content: WithContent,
    pub(in crate::worker) encoding: Encoding,
    pub(in crate::worker) compression: Compression,
    pub(in crate::worker) limits: Limits,
    /// False: it is a replay, which passes what lies outside its time.
    pub(in crate::worker) is_live: bool,
    /// The receiver takes no request that completed earlier. None: it takes requests of any age.
    pub(in crate::worker) not_before: Option<DateTime<Utc>>,
    /// What the budget of the day has left. None: there is no budget.
    pub(in crate::worker) allowance: Option<Allowance>,
    pub(in crate::worker) account: AccountId,
    /// Attributes that are added to our resource, or replace one of the same name.
    pub(in crate::worker) resource: &'a [(&'static str, String)],
}

/// What the budget of the day has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worker) struct Allowance {
    pub(in crate::worker) requests: usize,
    pub(in crate::worker) beyond: Beyond,
    pub(in crate::worker) day: NaiveDate,
    /// When the next budget begins.
    pub(in crate::worker) ends: DateTime<Utc>,
}

/// Which requests go into the body.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) struct Choice<'a> {
    pub(in crate::worker) rules: &'a Rules,
    /// Those of the account. Empty where the rules ask for none.
    pub(in crate::worker) keys: &'a BTreeMap<ApiKeyId, KnownKey>,
    pub(in crate::worker) destination: DestinationId,
}

impl Choice<'_> {
    fn keep(
        &self,
        request: &CompletedRequest<'_>,
        content: Option<&ContentRef<'_>>,
    ) -> Result<Kept, selection::LeftOut> {
        let key = request.api_key.and_then(|key| self.keys.get(&key));
        self.rules.keep(self.destination, &Candidate::new(request, content, key))
    }
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
        let unreadable: Vec<_> = entries.list().iter().map(Entry::place).collect();
        Self { last: unreadable.last().copied(), entries: unreadable.len(), unreadable, ..Self::default() }
    }
}

impl Builder {
    pub(super) fn new(resource: Resource) -> Self {
        Self { resource, encoders: Vec::new(), gzip: Gzip::new() }
    }

    /// Builds and encodes what fits into one request. Entries of a newer format end the batch: they are for a newer worker.
    pub(super) async fn build(&mut self, entries: &Entries, target: Target<'_>) -> Batch {
        let (mut batch, mut named) = (Batch { allowance: target.allowance, ..Batch::default() }, Named::new());
        let encoder = encoder(&mut self.encoders, target.encoding);
        encoder.begin(&self.resource.clone().with(target.resource));
        for (number, entry) in entries.list().iter().enumerate() {
            if number % AT_A_TIME == AT_A_TIME - 1 {
                tokio::task::yield_now().await;
            }
            if entry.format > FORMAT || !take(encoder, entry, target, &mut batch, &mut named) {
                break;
            }
        }
        if !batch.places.is_empty() {
            batch.bytes = encoder.encoded_len();
            let body = match target.compression {
                Compression::None => encoder.take(),
                Compression::Gzip => {
                    let mut compressed = Vec::new();
                    self.gzip.compress(encoder.finish(), &mut compressed);
                    compressed.into()
                }
            };
            batch.parcels = parcels(body, named, target.encoding);
        }
        batch
    }
}

/// The encoder for this encoding; the next batch uses it again.
fn encoder(encoders: &mut Vec<(Encoding, Box<dyn Encode>)>, encoding: Encoding) -> &mut dyn Encode {
    let known = encoders.iter().position(|(known, _)| *known == encoding).unwrap_or_else(|| {
        encoders.push((encoding, encoding.encoder()));
        encoders.len() - 1
    });
    &mut *encoders[known].1
}

/// The requests in a body, where the encoding names them, and where the part of each one ends.
type Named = Vec<(Carried, usize)>;

/// The body as it is sent: whole, or in the parts of its requests.
fn parcels(body: Bytes, named: Named, encoding: Encoding) -> Vec<Parcel> {
    if !encoding.is_split() {
        return vec![Parcel { carried: named.into_iter().map(|(carried, _)| carried).collect(), body }];
    }
    let mut begin = 0;
    let part =
        |(carried, end)| Parcel { carried: vec![carried], body: body.slice(std::mem::replace(&mut begin, end)..end) };
    named.into_iter().map(part).collect()
}

/// What became of an entry.
enum Pushed {
    Unreadable,
    /// By the destination's rules.
    LeftOut(selection::LeftOut),
    /// It waits for the next day, and so do those behind it.
    Held,
    /// It is in the body.
    Built,
}

/// Adds one entry. False: it does not fit any more.
fn take(encoder: &mut dyn Encode, entry: &Entry, target: Target<'_>, batch: &mut Batch, named: &mut Named) -> bool {
    let place = entry.place();
    if !entry.wanted {
        batch.left_out.before_destination += usize::from(target.is_live);
    } else if entry.is_delivered {
        batch.left_out.delivered += 1;
    } else if target.not_before.is_some_and(|earliest| entry.completed_at < earliest) {
        batch.left_out.too_old += 1;
    } else {
        let before = encoder.checkpoint();
        let has_content = target.content == WithContent::AsRead && entry.content.is_some();
        // A fault of ours in building one trace must not take the others with it.
        let pushed = catch_unwind(AssertUnwindSafe(|| push(entry, target, encoder, named, batch.places.len())));
        match pushed.unwrap_or(Pushed::Unreadable) {
            Pushed::Unreadable => {
                encoder.rewind(before);
                batch.unreadable.push(place);
            }
            Pushed::LeftOut(reason) => batch.left_out.count(reason, place),
            Pushed::Held => {
                batch.held_until = target.allowance.map(|allowance| allowance.ends);
                return false;
            }
            Pushed::Built if before.traces > 0 && is_over(encoder, target.limits) => {
                encoder.rewind(before);
                named.truncate(before.traces);
                batch.has_more = true;
                return false;
            }
            Pushed::Built => {
                batch.has_content |= has_content;
                batch.places.push(place);
                let at = entry.completed_at;
                batch.completed = Some(batch.completed.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
            }
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

/// `sent`: requests that are in the body already.
fn push(entry: &Entry, target: Target<'_>, encoder: &mut dyn Encode, named: &mut Named, sent: usize) -> Pushed {
    let Ok(mut request) = CompletedRequest::from_bytes(&entry.payload) else { return Pushed::Unreadable };
    let Ok(content) = entry.content.as_deref().map(ContentRef::from_bytes).transpose() else {
        return Pushed::Unreadable;
    };
    let kept = match target.choice.map(|choice| choice.keep(&request, content.as_ref())).transpose() {
        Ok(kept) => kept,
        Err(reason) => return Pushed::LeftOut(reason),
    };
    match target.allowance.filter(|allowance| sent >= allowance.requests).map(|allowance| allowance.beyond) {
        None => {}
        Some(Beyond::LeaveOut) => return Pushed::LeftOut(selection::LeftOut::Budget),
        Some(Beyond::Hold) => return Pushed::Held,
    }
    // What does not go out is not searched either.
    let content = content.filter(|_| target.content == WithContent::AsRead);
    let weighed = kept.and_then(|kept| kept.weight).map(|weight| target.traces.weighed(weight));
    let settings = weighed.as_ref().unwrap_or(target.traces);
    let groups = target.redactor.map(Redactor::groups).filter(|groups| !groups.is_empty());
    let grouped = groups.map(|groups| settings.grouped(groups, target.account));
    let (redacted, found) = match target.redactor {
        Some(redactor) => redactor.apply(&mut request, content.as_ref()),
        None => (None, Counts::default()),
    };
    let content = redacted.as_ref().map(Content::as_borrowed).or(content);
    let mut trace = trace::build(&request, content.as_ref(), grouped.as_ref().unwrap_or(settings));
    if target.content == WithContent::LeftOut {
        trace.mark_content_left_out();
    }
    if !found.is_empty() {
        trace.mark_redactions(&found.to_string());
    }
    let export = Export { request: &request, trace: &trace, account: target.account };
    encoder.push(&export);
    if target.encoding.names_requests() {
        named.push((Carried::of(&export), encoder.encoded_len()));
    }
    Pushed::Built
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completed_request::sample::request;
    use crate::otlp::Protobuf;

    #[test]
    fn request_is_over_with_one_span_or_byte_more_than_the_receiver_takes() {
        let (request, settings) = (request(), TraceSettings::default());
        let mut encoder = Protobuf::new(&Resource::new(""));
        encoder.push(&trace::build(&request, None, &settings));
        let (spans, bytes) = (encoder.checkpoint().spans, encoder.encoded_len());
        for (spans, bytes, expected) in [(spans, bytes, false), (spans - 1, bytes, true), (spans, bytes - 1, true)] {
            assert_eq!(is_over(&encoder, Limits { bytes, spans, ..Limits::USUAL }), expected, "{spans} {bytes}");
        }
    }
}
