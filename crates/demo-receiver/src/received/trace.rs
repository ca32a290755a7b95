//! The spans of one trace, and what Sentry reads from them.

use serde::Serialize;

use crate::time::UnixNanos;

use super::{ReceivedSpan, Status};

/// The spans that arrived with one trace id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReceivedTrace {
    /// 32 hex digits, lower case.
    pub trace_id: String,
    /// When the first of its spans arrived.
    #[serde(serialize_with = "super::span::as_text")]
    pub arrived: UnixNanos,
    /// The number of the request that brought something for it last.
    pub last_request: u64,
    /// In the order they arrived.
    pub spans: Vec<ReceivedSpan>,
    /// Encoded bytes of its spans.
    pub bytes: usize,
}

/// What Sentry's list shows of a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The root's name; none as long as no root has arrived.
    pub transaction: Option<String>,
    /// `sentry.environment` of the root.
    pub environment: Option<String>,
    /// `sentry.release` of the root.
    pub release: Option<String>,
    /// Failed when any of its spans did.
    pub status: Status,
    /// The earliest beginning.
    #[serde(serialize_with = "super::span::as_text")]
    pub start: UnixNanos,
    /// The latest end.
    #[serde(serialize_with = "super::span::as_text")]
    pub end: UnixNanos,
}

impl ReceivedTrace {
    pub(super) fn new(trace_id: String, arrived: UnixNanos) -> Self {
        Self { trace_id, arrived, last_request: 0, spans: Vec::new(), bytes: 0 }
    }

    /// Adds a span; one that is here already only counts as delivered again. Says whether it was new.
    pub(super) fn add(&mut self, span: ReceivedSpan, bytes: usize) -> bool {
        self.last_request = self.last_request.max(span.request);
        if let Some(known) = self.spans.iter_mut().find(|known| known.span_id == span.span_id) {
            known.deliveries += 1;
            return false;
        }
        self.bytes += bytes;
        self.spans.push(span);
        true
    }

    /// The span that is the transaction: the earliest segment.
    pub fn root(&self) -> Option<&ReceivedSpan> {
        self.spans.iter().filter(|span| span.is_segment).min_by_key(|span| span.start)
    }

    /// The span with this name on the wire.
    pub fn span(&self, name: &str) -> Option<&ReceivedSpan> {
        self.spans.iter().find(|span| span.name == name)
    }

    /// What Sentry's list shows of it.
    pub fn summary(&self) -> Summary {
        let root = self.root();
        let of_root = |key: &str| root.and_then(|span| span.text(key)).map(str::to_owned);
        let failed = self.spans.iter().any(|span| span.status == Status::Error);
        Summary {
            transaction: root.map(|span| span.name.clone()),
            environment: of_root("sentry.environment"),
            release: of_root("sentry.release"),
            status: if failed { Status::Error } else { Status::Ok },
            start: self.spans.iter().map(|span| span.start).min().unwrap_or_default(),
            end: self.spans.iter().map(|span| span.end).max().unwrap_or_default(),
        }
    }
}
