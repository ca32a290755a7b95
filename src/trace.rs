//! From a completed request to the trace that is exported: spans, identifiers, attributes, names, sizes (spec 2.4).
//!
//! [`build()`] is a pure function of the recorded event and the destination's settings, so that a second delivery is the
//! same trace.

mod additions;
mod attributes;
mod build;
mod dialects;
mod dialogue;
mod export;
mod extras;
mod facts;
mod failure;
mod fold;
mod groups;
pub mod ids;
mod names;
mod notes;
pub mod scrubbing;
mod shorten;
mod size;
pub mod span;
mod times;

pub use self::attributes::Tokens;
pub use self::build::{build, build_test};
pub use self::export::Export;
pub use self::groups::{Group, Groups};
pub use self::ids::{SpanId, TraceId};
pub use self::notes::{Note, notes};
pub use self::span::{Attribute, Exception, Phrase, Span, SpanKind, Value};
use crate::completed_request::CompletedRequest;
use crate::id::AccountId;

/// One completed request as spans.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<'a> {
    /// Shared by all spans.
    pub trace_id: TraceId,
    /// Attributes that every span has, after its own.
    pub common: Vec<Attribute<'a>>,
    /// Attributes that every span has for the sake of one dialect or product, behind all others.
    pub added: Vec<Attribute<'a>>,
    /// The root first, then its descendants; never empty.
    pub spans: Vec<Span<'a>>,
    /// Whether prompt or completion were shortened to fit into the generation span.
    pub content_cut: bool,
    /// Failed attempts that it does not show, because there were too many: the first ones.
    pub attempts_left_out: usize,
    /// Attributes that its spans do not show, because the receiver takes no more.
    pub attributes_left_out: usize,
}

impl Trace<'_> {
    /// Shortens it to what the receiver takes of single values and spans.
    fn fit(&mut self, settings: &TraceSettings) {
        if let Some(most) = settings.span_attributes {
            let longest =
                self.spans.iter().map(|span| span.attributes.len() + span.added.len()).max().unwrap_or_default();
            let room = most.saturating_sub(longest + self.added.len());
            self.attributes_left_out = self.common.len().saturating_sub(room);
            self.common.truncate(room);
        }
        if let Some(most) = settings.value_chars {
            shorten::all(&mut self.common, most);
            shorten::all(&mut self.added, most);
            for span in &mut self.spans {
                shorten::all(&mut span.attributes, most);
                shorten::all(&mut span.added, most);
            }
        }
    }

    /// Marks that prompt and completion were left out, because the receiver refused the trace for its size (spec 4.3).
    pub fn mark_content_left_out(&mut self) {
        if let Some(root) = self.spans.first_mut() {
            let value = Value::Text(Phrase::from("too large for the receiver"));
            root.attributes.push(Attribute { key: Phrase::from("tracecast.content.left_out"), value });
        }
    }
}

impl Trace<'_> {
    /// Marks how often detectors found something: `email 2, token 1` (spec 10.2).
    pub fn mark_redactions(&mut self, counts: &str) {
        if let Some(root) = self.spans.first_mut() {
            let value = Value::Text(Phrase::from(counts.to_owned()));
            root.attributes.push(Attribute { key: Phrase::from("tracecast.redactions"), value });
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
    /// The part of requests like this one that the destination receives: above 0, up to 1. None: it receives all.
    pub sample_rate: Option<f64>,
    /// Whose conventions the attributes follow.
    pub dialect: Dialect,
    /// Attributes that one product reads besides.
    pub extras: Extras,
    /// Where the caller's parent span goes.
    pub parent: Parent,
    /// The most characters of one attribute's value, where the receiver refuses or cuts longer ones.
    pub value_chars: Option<usize>,
    /// The most attributes of one span, where the receiver refuses or drops more.
    pub span_attributes: Option<usize>,
    /// What its people ask for besides.
    pub groups: Groups,
    /// Whose requests they are, for groups that say so.
    pub account: Option<AccountId>,
}

impl TraceSettings {
    /// The same for a request of whose like only this part is sent.
    #[must_use]
    pub fn weighed(&self, sample_rate: f64) -> Self {
        Self { sample_rate: Some(sample_rate), ..self.clone() }
    }

    /// The same with what the destination's people ask for besides.
    #[must_use]
    pub fn grouped(&self, groups: Groups, account: AccountId) -> Self {
        Self { groups, account: Some(account), ..self.clone() }
    }

    /// The environment of `request`, or the destination's.
    fn environment_of<'a>(&'a self, request: &'a CompletedRequest<'_>) -> Option<&'a str> {
        request.context.environment.as_deref().or(self.environment.as_deref())
    }

    /// The release of `request`, or the destination's.
    fn release_of<'a>(&'a self, request: &'a CompletedRequest<'_>) -> Option<&'a str> {
        request.context.release.as_deref().or(self.release.as_deref())
    }
}

/// Receivers read some attributes differently (spec 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Sentry: `sentry.*` on every span, lists as JSON text.
    #[default]
    Sentry,
    /// Any other OTLP receiver: OpenTelemetry's semantic conventions as they stand.
    Plain,
    /// Plain, and OpenInference's attributes behind it.
    OpenInference,
    /// Plain with `langfuse.*` behind it, which replace `trace.metadata.*`.
    Langfuse,
}

/// Attributes of one product, behind those of the dialect (spec 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extras {
    #[default]
    None,
    Mlflow,
    Weave,
    LangSmith,
    Datadog,
    Braintrust,
    PostHog,
    Opik,
    SigNoz,
}

/// What becomes of a usable `parent_span_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parent {
    /// The root's parent: the trace joins the one of the caller's application.
    #[default]
    Link,
    /// `trace.metadata.parent_span_id`, for receivers that hide or drop a trace whose root never arrives.
    Attribute,
}

/// The dialects with the extras that go with them.
#[cfg(test)]
pub(crate) const PRODUCTS: [(Dialect, Extras); 12] = [
    (Dialect::Sentry, Extras::None),
    (Dialect::Plain, Extras::None),
    (Dialect::OpenInference, Extras::None),
    (Dialect::Langfuse, Extras::None),
    (Dialect::OpenInference, Extras::Mlflow),
    (Dialect::OpenInference, Extras::Weave),
    (Dialect::Plain, Extras::LangSmith),
    (Dialect::Plain, Extras::Datadog),
    (Dialect::Plain, Extras::Braintrust),
    (Dialect::Plain, Extras::PostHog),
    (Dialect::Plain, Extras::Opik),
    (Dialect::Plain, Extras::SigNoz),
];

#[cfg(test)]
mod tests;
