//! From a completed request to the trace that is exported: spans, identifiers, attributes, names, sizes (spec 2.4).
//!
//! [`build()`] is a pure function of the recorded event and the destination's settings, so that a second delivery is the
//! same trace.

mod attributes;
mod build;
mod failure;
pub mod ids;
mod names;
pub mod scrubbing;
mod size;
pub mod span;
mod times;

pub use self::build::build;
pub use self::ids::{SpanId, TraceId};
pub use self::span::{Attribute, Phrase, Span, SpanKind, Value};

/// One completed request as spans.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<'a> {
    /// Shared by all spans.
    pub trace_id: TraceId,
    /// Attributes that every span has, after its own.
    pub common: Vec<Attribute<'a>>,
    /// The root first, then its descendants; never empty.
    pub spans: Vec<Span<'a>>,
    /// What the caller should know of how this trace came out: shown in the receipt.
    pub notes: Vec<Note>,
}

impl Trace<'_> {
    /// Marks that prompt and completion were left out, because the receiver refused the trace for its size (spec 4.3).
    pub fn mark_content_left_out(&mut self) {
        if let Some(root) = self.spans.first_mut() {
            let value = Value::Text(Phrase::from("too large for the receiver"));
            root.attributes.push(Attribute { key: Phrase::from("tracecast.content.left_out"), value });
        }
    }
}

/// Something in the request that did not become what the caller may have expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// `parent_span_id` is not 16 hexadecimal digits, so it could not link the trace.
    #[error(
        "`parent_span_id` is not 16 hexadecimal digits, so the trace has no remote parent; \
         it was kept as trace.metadata.parent_span_id"
    )]
    ParentSpanIdUnusable,
    /// The receiver's data scrubbing will replace this value.
    #[error("Sentry's data scrubbing replaces `trace.metadata.{key}` with [Filtered]; give the key another name")]
    ScrubbedMetadata {
        /// The key in `trace`.
        key: String,
    },
    /// More keys than are kept.
    #[error("`trace` has too many keys: {count} were left out; send at most 64")]
    MetadataLeftOut {
        /// How many.
        count: u32,
    },
    /// Prompt or completion were cut to fit into the span.
    #[error("prompt or completion were too large for a span and were shortened; send less to see all of it")]
    ContentCut,
    /// There were more failed attempts than a trace shows.
    #[error("{count} failed upstream attempts were left out of the trace, which shows the last ones")]
    AttemptsLeftOut {
        /// How many.
        count: usize,
    },
}

impl Note {
    /// For logs and the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ParentSpanIdUnusable => "parent_span_id_unusable",
            Self::ScrubbedMetadata { .. } => "scrubbed_metadata",
            Self::MetadataLeftOut { .. } => "metadata_left_out",
            Self::ContentCut => "content_cut",
            Self::AttemptsLeftOut { .. } => "attempts_left_out",
        }
    }
}

/// What a destination decides about its traces.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceSettings {
    /// Where the request names no environment.
    pub environment: Option<String>,
    /// Where the request names no release.
    pub release: Option<String>,
    /// The part of all requests that this destination receives, where it is not all: between 0 and 1.
    pub sample_rate: Option<f64>,
    /// Whose conventions the attributes follow.
    pub dialect: Dialect,
}

/// Receivers read some attributes differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Sentry: `sentry.*` on every span, lists as JSON text.
    #[default]
    Sentry,
    /// Any other OTLP receiver: OpenTelemetry's semantic conventions as they stand.
    Otlp,
}

#[cfg(test)]
mod tests;
