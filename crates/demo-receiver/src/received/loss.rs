//! What Sentry loses while answering 200.

use serde::Serialize;

/// Something that Sentry takes, answers 200 to, and does not keep as it was sent (measured on Relay 26.9). The receiver
/// counts and shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The body is not an OTLP export: everything in it is lost.
    Unreadable,
    /// Accepted while Relay did not know, or had forgotten, that the key does not exist.
    UnknownKey,
    /// Accepted while Relay did not know, or had forgotten, that the key is disabled.
    DisabledKey,
    /// Accepted while Relay did not know, or had forgotten, that the quota is 0.
    ZeroQuota,
    /// Accepted while Relay waited for a project's configuration, and more than it can hold.
    NoRoom,
    /// A span without a name is lost.
    EmptyName,
    /// A span whose id is missing, zero or not 8 bytes is lost.
    NoSpanId,
    /// A span that ends before it starts, or never, is lost.
    EndBeforeStart,
    /// A span id that came earlier in the same request is lost.
    SameIdTwice,
    /// A span that started more than 90 days ago is lost.
    TooOld,
    /// A span whose `sentry.segment.id` is not 16 hex digits is lost.
    InvalidSegmentId,
    /// A trace id that is missing, zero or not 16 bytes is replaced: the span stands alone in a trace of its own.
    TraceIdReplaced,
    /// Span events are lost; their span stays.
    SpanEvent,
}

impl Loss {
    /// The word for it in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::UnknownKey => "unknown_key",
            Self::DisabledKey => "disabled_key",
            Self::ZeroQuota => "zero_quota",
            Self::NoRoom => "no_room",
            Self::EmptyName => "empty_name",
            Self::NoSpanId => "no_span_id",
            Self::EndBeforeStart => "end_before_start",
            Self::SameIdTwice => "same_id_twice",
            Self::TooOld => "too_old",
            Self::InvalidSegmentId => "invalid_segment_id",
            Self::TraceIdReplaced => "trace_id_replaced",
            Self::SpanEvent => "span_event",
        }
    }

    /// What happened, for a person.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unreadable => "The body is not an OTLP export; all of it is lost",
            Self::UnknownKey => {
                "Request accepted before Relay knew that its key or project does not exist; all of it is lost"
            }
            Self::DisabledKey => "Request accepted before Relay knew that its key is disabled; all of it is lost",
            Self::ZeroQuota => "Request accepted before Relay knew that the quota is 0; all of it is lost",
            Self::NoRoom => {
                "Request accepted and not held until Relay knew its project, for want of room; all of it is lost"
            }
            Self::EmptyName => "Span without a name",
            Self::NoSpanId => "Span without a valid id",
            Self::EndBeforeStart => "Span that ends before it starts",
            Self::SameIdTwice => "Span id twice in one request",
            Self::TooOld => "Span that started more than 90 days ago",
            Self::InvalidSegmentId => "Span with an invalid sentry.segment.id",
            Self::TraceIdReplaced => "Invalid trace id, replaced by a random one",
            Self::SpanEvent => "Span event (the span itself is kept)",
        }
    }
}
