//! From a body to the spans that Sentry would show, and the ones it would lose.

mod span;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use prost::Message as _;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::time::UnixNanos;

use super::attributes;
use super::otlp::{ExportRequest, Span};
use super::received::{Loss, ReceivedSpan};

/// How long Sentry keeps spans by default; an older start is refused. In nanoseconds.
const RETENTION: u64 = 90 * 24 * 60 * 60 * 1_000_000_000;

/// The two encodings of OTLP over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

/// A span that Sentry would show, with its trace's id and the encoded bytes of what is read of it.
pub(super) type Kept = (String, ReceivedSpan, usize);

/// What a body contains.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// The spans that Sentry would show.
    pub(super) spans: Vec<Kept>,
    /// What it would lose.
    pub(super) losses: BTreeMap<Loss, u32>,
}

/// Reads a body. An empty body is an export without spans, as in protobuf.
pub(super) fn decode(body: &[u8], format: Format, now: UnixNanos) -> Decoded {
    let export = match format {
        _ if body.is_empty() => Some(ExportRequest::default()),
        Format::Protobuf => ExportRequest::decode(body).ok(),
        Format::Json => serde_json::from_slice(body).ok(),
    };
    let mut reading = Reading { now, seen: HashSet::new(), decoded: Decoded::default() };
    match export {
        Some(export) => reading.take_all(export),
        None => reading.decoded.lose(Loss::Unreadable, 1),
    }
    reading.decoded
}

impl Decoded {
    /// Encoded bytes of all spans together.
    pub(super) fn bytes(&self) -> usize {
        self.spans.iter().map(|(.., bytes)| bytes).sum()
    }

    /// The same as nothing but a loss; where there was nothing, nothing is lost.
    pub(super) fn lost(self, loss: Loss) -> Self {
        let carried_something = !self.spans.is_empty() || !self.losses.is_empty();
        let mut remains = Self::default();
        remains.lose(loss, usize::from(carried_something));
        remains
    }

    /// Counts something as lost.
    pub(super) fn lose(&mut self, loss: Loss, count: usize) {
        if count > 0 {
            *self.losses.entry(loss).or_default() += u32::try_from(count).unwrap_or(u32::MAX);
        }
    }
}

/// Where a span comes from.
#[derive(Debug)]
struct Origin {
    resource: Arc<Map<String, Value>>,
    scope: String,
}

/// The reading of one body.
struct Reading {
    now: UnixNanos,
    /// The span ids so far.
    seen: HashSet<Vec<u8>>,
    decoded: Decoded,
}

impl Reading {
    fn take_all(&mut self, export: ExportRequest) {
        for of_resource in export.resource_spans {
            let resource = Arc::new(attributes::object(of_resource.resource.unwrap_or_default().attributes));
            for of_scope in of_resource.scope_spans {
                let scope = of_scope.scope.unwrap_or_default();
                let scope = format!("{} {}", scope.name, scope.version).trim().to_owned();
                let origin = Origin { resource: Arc::clone(&resource), scope };
                of_scope.spans.into_iter().for_each(|span| self.take(span, &origin));
            }
        }
    }

    fn take(&mut self, span: Span, origin: &Origin) {
        if let Some(loss) = lost(&span, self.now) {
            return self.decoded.lose(loss, 1);
        }
        if !self.seen.insert(span.span_id.clone()) {
            return self.decoded.lose(Loss::SameIdTwice, 1);
        }
        self.decoded.lose(Loss::SpanEvent, span.events.len());
        let mut trace_id = hex::encode(&span.trace_id);
        if !valid_id(&span.trace_id, 16) {
            self.decoded.lose(Loss::TraceIdReplaced, 1);
            trace_id = invented();
        }
        let bytes = span.encoded_len();
        self.decoded.spans.push((trace_id, span::received(span, origin), bytes));
    }
}

/// A trace id for spans that bring none.
#[expect(clippy::disallowed_methods, reason = "it leads to no secret, and no test expects a certain one")]
fn invented() -> String {
    Uuid::new_v4().simple().to_string()
}

/// Why Sentry would lose this span.
fn lost(span: &Span, now: UnixNanos) -> Option<Loss> {
    if span.name.is_empty() {
        Some(Loss::EmptyName)
    } else if !valid_id(&span.span_id, 8) {
        Some(Loss::NoSpanId)
    } else if span.end_time_unix_nano == 0 || span.end_time_unix_nano < span.start_time_unix_nano {
        Some(Loss::EndBeforeStart)
    } else if span.start_time_unix_nano < now.0.saturating_sub(RETENTION) {
        Some(Loss::TooOld)
    } else if !span::segment_id_is_valid(span) {
        Some(Loss::InvalidSegmentId)
    } else {
        None
    }
}

fn valid_id(id: &[u8], length: usize) -> bool {
    id.len() == length && id.iter().any(|byte| *byte != 0)
}
