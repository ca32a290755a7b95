//! From the recorded event to its spans:
//!
//! ```text
//! R            the caller's request; alone where no model was asked
//! └─ S         only with span_name
//!    ├─ G      the generation: the last upstream attempt
//!    └─ A1…An  the attempts that failed before it
//! ```

use std::borrow::Cow;

use super::dialogue::Dialogue;
use super::facts::{Facts, Place};
use super::failure::Failure;
use super::ids::{SpanId, TraceId};
use super::span::{Attribute, Phrase, Span, SpanKind, Value};
use super::times::Period;
use super::{Dialect, Parent, Trace, TraceSettings, additions, attributes, names, size};
use crate::completed_request::content::{ContentRef, ContentTexts};
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
    let trace_id = TraceId::of(request.context.trace_id.as_deref(), &request.id);
    let root_id = SpanId::root(&request.id);
    let remote = remote_parent(request, settings);
    let name = names::root(request);
    let period = Period::root(&request.times);
    let common = attributes::common(request, settings, (root_id, &name), remote.is_some());
    let facts = Facts { request, settings, trace_name: name.clone(), generation: period.generation(&request.times) };
    let added = additions::to_all(&facts);
    let shared_bytes = size::of(&common) + size::of(&added);
    let intermediate = names::intermediate(request).map(|name| (SpanId::intermediate(&request.id), name));
    let inner = intermediate.as_ref().map_or(root_id, |(id, _)| *id);
    let failure = Failure::of(&request.ending, content.is_some());
    let builder = Builder { request, settings, facts, failure, shared_bytes };

    if !request.asked_a_model() {
        let spans = vec![builder.root(root_id, remote, period, &Dialogue::default())];
        let mut trace =
            Trace { trace_id, common, added, spans, content_cut: false, attempts_left_out: 0, attributes_left_out: 0 };
        trace.fit(settings);
        return trace;
    }
    let Generation { span: generation, dialogue, cut: content_cut } = builder.generation(inner, content);
    let (attempts, attempts_left_out) = builder.attempts(inner, period, size::most_attempts(shared_bytes));

    let mut spans = Vec::with_capacity(3 + attempts.len());
    spans.push(builder.root(root_id, remote, period, &dialogue));
    if let Some((id, name)) = intermediate {
        let children = attempts.iter().map(Span::period).fold(generation.period(), Period::covering);
        spans.push(builder.intermediate(id, root_id, name, children));
    }
    spans.push(generation);
    spans.extend(attempts);
    let mut trace = Trace { trace_id, common, added, spans, content_cut, attempts_left_out, attributes_left_out: 0 };
    trace.fit(settings);
    trace
}

/// The caller's span, where the trace joins it.
fn remote_parent(request: &CompletedRequest<'_>, settings: &TraceSettings) -> Option<SpanId> {
    match settings.parent {
        Parent::Link => request.context.parent_span_id.as_deref()?.parse().ok(),
        Parent::Attribute => None,
    }
}

/// What was said, once in the conventions' own form and once as additions repeat it.
struct Said<'a> {
    texts: ContentTexts<'a>,
    dialogue: Dialogue<'a>,
    added: Vec<Attribute<'a>>,
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
    facts: Facts<'a, 'r>,
    failure: Option<Failure<'a>>,
    /// Bytes of the attributes that all spans share.
    shared_bytes: usize,
}

/// The generation span, and what was said.
struct Generation<'a> {
    span: Span<'a>,
    dialogue: Dialogue<'a>,
    /// Whether content had to be cut for it.
    cut: bool,
}

impl<'a> Builder<'a, '_> {
    fn root(&self, id: SpanId, remote: Option<SpanId>, period: Period, dialogue: &Dialogue<'a>) -> Span<'a> {
        let name = self.facts.trace_name.clone();
        let mut list = attributes::own(self.settings.dialect, "http.server", &name, 9);
        attributes::root(&mut list, self.request, self.settings.dialect, self.failure.as_ref());
        attributes::of_root(&mut list, self.request, self.settings);
        Span {
            id,
            parent: remote,
            flags: if remote.is_some() { REMOTE } else { LOCAL },
            kind: SpanKind::Server,
            start: period.start,
            end: period.end,
            attributes: list.0,
            added: additions::to_one(&self.facts, dialogue, Place::Root, &name),
            exception: additions::exception(self.settings, self.failure.as_ref()),
            error: self.message(),
            name,
        }
    }

    fn intermediate(&self, id: SpanId, root: SpanId, name: Phrase<'a>, period: Period) -> Span<'a> {
        let list = attributes::own(self.settings.dialect, "function", &name, 2);
        Span {
            id,
            parent: Some(root),
            flags: LOCAL,
            kind: SpanKind::Internal,
            start: period.start,
            end: period.end,
            attributes: list.0,
            added: additions::to_one(&self.facts, &Dialogue::default(), Place::Intermediate, &name),
            exception: None,
            error: self.message(),
            name,
        }
    }

    fn generation(&self, parent: SpanId, content: Option<&'a ContentRef<'_>>) -> Generation<'a> {
        let (request, settings, period) = (self.request, self.settings, self.facts.generation);
        let op = match request.operation {
            Operation::Chat => "gen_ai.chat",
            Operation::TextCompletion => "gen_ai.text_completion",
            Operation::Embeddings => "gen_ai.embeddings",
        };
        let name = names::generation(request);
        let mut list = attributes::own(settings.dialect, op, &name, 36);
        attributes::generation(&mut list, request, settings, self.failure.as_ref(), period);
        attributes::of_generation(&mut list, &self.facts);
        let room = size::SPAN_BYTES.saturating_sub(self.shared_bytes + size::of(&list.0) + size::SPAN_FRAME);
        let Said { texts, dialogue, added } = self.say(content, &name, room);
        let cut = texts.cut;
        attributes::content(&mut list, texts);
        let span = Span {
            id: SpanId::generation(&request.id),
            parent: Some(parent),
            flags: LOCAL,
            kind: SpanKind::Client,
            start: period.start,
            end: period.end,
            attributes: list.0,
            added,
            exception: additions::exception(settings, self.failure.as_ref()),
            error: self.message(),
            name,
        };
        Generation { span, dialogue, cut }
    }

    /// Prompt and completion with all that repeats them on the generation span, in at most `room` bytes.
    fn say(&self, content: Option<&'a ContentRef<'_>>, name: &Phrase<'a>, room: usize) -> Said<'a> {
        let mut budget = room / additions::copies(self.settings);
        loop {
            let texts = content.map(|content| self.texts(content, budget)).unwrap_or_default();
            let dialogue = additions::dialogue(self.settings, &texts);
            let added = additions::to_one(&self.facts, &dialogue, Place::Generation, name);
            // Many small messages take more room under many names than as one text.
            if texts.size() + size::of(&added) <= room || budget == 0 {
                return Said { texts, dialogue, added };
            }
            budget /= 2;
        }
    }

    fn texts(&self, content: &'a ContentRef<'_>, budget: usize) -> ContentTexts<'a> {
        match self.settings.value_chars {
            Some(most) => content.short_texts(most.min(budget)),
            None => content.texts(budget),
        }
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
            let added = additions::to_one(&self.facts, &Dialogue::default(), Place::Attempt, &name);
            Span {
                id: SpanId::attempt(&self.request.id, number),
                parent: Some(parent),
                flags: LOCAL,
                kind: SpanKind::Client,
                name,
                start: period.start,
                end: period.end,
                attributes: list.0,
                added,
                exception: None,
                error: Some(names::message(&attempt.message)),
            }
        });
        (spans.collect(), left_out)
    }

    fn message(&self) -> Option<Cow<'a, str>> {
        self.failure.as_ref().map(|failure| failure.message.clone())
    }
}
