//! From the recorded event to its spans:
//!
//! ```text
//! R            the caller's request; alone where no model was asked
//! └─ S         only with span_name
//!    ├─ G      the generation: the last upstream attempt
//!    └─ A1…An  the attempts that failed before it
//! ```

use std::borrow::Cow;

use super::failure::Failure;
use super::ids::{SpanId, TraceId};
use super::span::{Phrase, Span, SpanKind, Value};
use super::times::Period;
use super::{Dialect, Trace, TraceSettings, attributes, names, size};
use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, Operation};

/// The parent is known (0x100) to be in this process, and the span is sampled (0x001).
const LOCAL: u32 = 0x101;
/// The parent is known to be remote (0x200). Without it Sentry takes no transaction from our root (spec 2.1, fact 9).
const REMOTE: u32 = 0x301;

/// The trace of `request`. Without `content` (Privacy Mode, or none was recorded) nothing on it repeats prompt,
/// completion or the upstream's own words.
pub fn build<'a>(
    request: &'a CompletedRequest<'_>,
    content: Option<&'a ContentRef<'_>>,
    settings: &'a TraceSettings,
) -> Trace<'a> {
    let root_id = SpanId::root(&request.id);
    let remote = request.context.parent_span_id.as_deref().and_then(|id| id.parse().ok());
    let name = names::root(request);
    let common = attributes::common(request, settings, (root_id, &name), remote.is_some());
    let intermediate = names::intermediate(request).map(|name| (SpanId::intermediate(&request.id), name));
    let inner = intermediate.as_ref().map_or(root_id, |(id, _)| *id);
    let builder = Builder { request, settings, failure: Failure::of(&request.ending, content.is_some()) };

    let period = Period::root(&request.times);
    let trace_id = TraceId::of(request.context.trace_id.as_deref(), &request.id);
    if !request.asked_a_model() {
        let spans = vec![builder.root(root_id, remote, name, period)];
        return Trace { trace_id, common, spans, content_cut: false, attempts_left_out: 0 };
    }
    let (generation, content_cut) = builder.generation(inner, period, content, size::of(&common));
    let (attempts, attempts_left_out) = builder.attempts(inner, period, size::most_attempts(&common));

    let mut spans = Vec::with_capacity(3 + attempts.len());
    spans.push(builder.root(root_id, remote, name, period));
    if let Some((id, name)) = intermediate {
        let children = attempts.iter().map(Span::period).fold(generation.period(), Period::covering);
        spans.push(builder.intermediate(id, root_id, name, children));
    }
    spans.push(generation);
    spans.extend(attempts);
    Trace { trace_id, common, spans, content_cut, attempts_left_out }
}

/// The trace of a connection test. Sentry counts each generation as a call of a model, so it gets one span of no operation.
pub fn build_test<'a>(request: &'a CompletedRequest<'_>, settings: &'a TraceSettings) -> Trace<'a> {
    let mut trace = build(request, None, settings);
    if settings.dialect == Dialect::Sentry {
        trace.spans.truncate(1);
        let attributes = trace.spans.iter_mut().flat_map(|span| &mut span.attributes);
        for op in attributes.filter(|attribute| attribute.key == Phrase::from("sentry.op")) {
            op.value = Value::Text(Phrase::from("default"));
        }
    }
    trace
}

/// What every span is made of.
struct Builder<'a, 'r> {
    request: &'a CompletedRequest<'r>,
    settings: &'a TraceSettings,
    failure: Option<Failure<'a>>,
}

impl<'a> Builder<'a, '_> {
    fn root(&self, id: SpanId, remote: Option<SpanId>, name: Phrase<'a>, period: Period) -> Span<'a> {
        let mut list = attributes::own(self.settings.dialect, "http.server", &name, 8);
        attributes::root(&mut list, self.request, self.error_type());
        Span {
            id,
            parent: remote,
            flags: if remote.is_some() { REMOTE } else { LOCAL },
            kind: SpanKind::Server,
            name,
            start: period.start,
            end: period.end,
            attributes: list.0,
            error: self.message(),
        }
    }

    fn intermediate(&self, id: SpanId, root: SpanId, name: Phrase<'a>, period: Period) -> Span<'a> {
        let list = attributes::own(self.settings.dialect, "function", &name, 2);
        Span {
            id,
            parent: Some(root),
            flags: LOCAL,
            kind: SpanKind::Internal,
            name,
            start: period.start,
            end: period.end,
            attributes: list.0,
            error: self.message(),
        }
    }

    /// The generation span, and whether content had to be cut for it.
    fn generation(
        &self,
        parent: SpanId,
        root: Period,
        content: Option<&'a ContentRef<'_>>,
        common_bytes: usize,
    ) -> (Span<'a>, bool) {
        let request = self.request;
        let period = root.generation(&request.times);
        let op = match request.operation {
            Operation::Chat => "gen_ai.chat",
            Operation::TextCompletion => "gen_ai.text_completion",
            Operation::Embeddings => "gen_ai.embeddings",
        };
        let name = names::generation(request);
        let mut list = attributes::own(self.settings.dialect, op, &name, 36);
        attributes::generation(&mut list, request, self.settings.dialect, self.error_type(), period);
        let budget = size::SPAN_BYTES.saturating_sub(common_bytes + size::of(&list.0) + size::SPAN_FRAME);
        let texts = content.map(|content| content.texts(budget)).unwrap_or_default();
        let cut = texts.cut;
        attributes::content(&mut list, texts);
        let span = Span {
            id: SpanId::generation(&request.id),
            parent: Some(parent),
            flags: LOCAL,
            kind: SpanKind::Client,
            name,
            start: period.start,
            end: period.end,
            attributes: list.0,
            error: self.message(),
        };
        (span, cut)
    }

    /// The last `most` failed attempts, and how many were left out before them.
    fn attempts(&self, parent: SpanId, root: Period, most: usize) -> (Vec<Span<'a>>, usize) {
        let attempts = &self.request.failed_attempts;
        let left_out = attempts.len().saturating_sub(most);
        let spans = attempts.iter().enumerate().skip(left_out).map(|(number, attempt)| {
            let period = root.attempt(attempt);
            let name = names::attempt(attempt, number);
            let mut list = attributes::own(self.settings.dialect, "http.client", &name, 8);
            attributes::attempt(&mut list, attempt);
            Span {
                id: SpanId::attempt(&self.request.id, number),
                parent: Some(parent),
                flags: LOCAL,
                kind: SpanKind::Client,
                name,
                start: period.start,
                end: period.end,
                attributes: list.0,
                error: Some(names::message(&attempt.message)),
            }
        });
        (spans.collect(), left_out)
    }

    fn error_type(&self) -> Option<&'a str> {
        self.failure.as_ref().map(|failure| failure.kind)
    }

    fn message(&self) -> Option<Cow<'a, str>> {
        self.failure.as_ref().map(|failure| failure.message.clone())
    }
}
