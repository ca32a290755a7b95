//! From a completed request to the trace that is exported: spans, identifiers, attributes, names, sizes (spec 2.4).
//!
//! [`build()`] is a pure function of the recorded event and the destination's settings, so that a second delivery is the
//! same trace.

mod attributes;
mod build;
mod failure;
mod fold;
pub mod ids;
mod names;
mod notes;
pub mod scrubbing;
mod size;
pub mod span;
mod times;

pub use self::build::{build, build_test};
pub use self::ids::{SpanId, TraceId};
pub use self::notes::{Note, notes};
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
    /// Whether prompt or completion were shortened to fit into the generation span.
    pub content_cut: bool,
    /// Failed attempts that it does not show, because there were too many: the first ones.
    pub attempts_left_out: usize,
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

/// What a destination decides about its traces.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceSettings {
    /// Used where the request names none.
    pub environment: Option<String>,
    /// Used where the request names none.
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
