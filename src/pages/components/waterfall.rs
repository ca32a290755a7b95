//! Spans of one trace or several, as bars in time.

use std::collections::{HashMap, HashSet};

use super::amount::duration;
use crate::completed_request::CompletedRequest;
use crate::trace::{Attribute, Span, SpanId, SpanKind, Trace, Value};

/// Characters of an attribute's value that are seen at once.
const SEEN: usize = 400;

/// Spans that lie deeper are drawn at this depth.
const DEEPEST: usize = 3;

/// The spans of a time, in the order in which they are exported.
#[derive(Debug, Default)]
pub struct Waterfall {
    /// The times below the heading: at the beginning, at each quarter, and at the end.
    pub ticks: Vec<String>,
    pub spans: Vec<SpanRow>,
}

#[derive(Debug)]
pub struct SpanRow {
    pub id: String,
    pub name: String,
    /// What it is, in the field's word: `gen_ai.chat`.
    pub op: String,
    /// Ancestors among the spans that are drawn, at most `DEEPEST`.
    pub depth: usize,
    /// Where the bar begins and how long it is, as parts of the whole time: `12.50%`.
    pub x: String,
    pub width: String,
    /// The part of the bar until the first token. None: not streamed, or not the generation.
    pub first: Option<String>,
    /// The class of the bar.
    pub fill: &'static str,
    /// What the bar shows, in words.
    pub label: String,
    /// How long the span took.
    pub time: String,
    pub attributes: Vec<AttributeRow>,
    /// The page of its request. None: it is this page.
    pub path: Option<String>,
    /// Whether its attributes are seen at once: those of the only generation are.
    pub is_open: bool,
}

#[derive(Debug)]
pub struct AttributeRow {
    pub key: String,
    pub value: Folded,
}

/// A text, of which the beginning is seen if it is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    pub text: String,
    /// The beginning, and how many characters there are. None: the whole is seen.
    pub folded: Option<(String, String)>,
}

impl Folded {
    pub fn new(text: impl Into<String>, seen: usize) -> Self {
        let text = text.into();
        let characters = text.chars().count();
        let folded = (characters > seen).then(|| {
            let beginning = text.chars().take(seen).collect();
            (beginning, super::amount::grouped(i64::try_from(characters).unwrap_or(i64::MAX)))
        });
        Self { text, folded }
    }
}

/// One request with the trace that was built of it.
pub struct Traced<'a> {
    pub request: &'a CompletedRequest<'a>,
    pub trace: &'a Trace<'a>,
    /// The address of the request's page. None: the spans are drawn on it.
    pub path: Option<String>,
}

impl Waterfall {
    pub fn new(all: &[Traced<'_>]) -> Self {
        let spans = || all.iter().flat_map(|traced| &traced.trace.spans);
        let (Some(begin), Some(end)) = (spans().map(|span| span.start.0).min(), spans().map(|span| span.end.0).max())
        else {
            return Self::default();
        };
        let whole = Whole { begin, length: (end - begin).max(1) };
        let rows = tree(all).into_iter().map(|(traced, span, depth)| {
            let row = row(traced, span, &whole);
            SpanRow { is_open: row.is_open && all.len() == 1, depth: depth.min(DEEPEST), ..row }
        });
        let quarter = |number: u64| time(whole.length / 4 * number);
        let ticks = std::iter::once("0".to_owned()).chain((1..=4).map(quarter));
        Self { ticks: ticks.collect(), spans: rows.collect() }
    }
}

/// The spans with their ancestors counted, each behind its parent, which may be a span of another request.
fn tree<'t, 'a>(all: &'t [Traced<'a>]) -> Vec<(&'t Traced<'a>, &'t Span<'a>, usize)> {
    let spans: Vec<_> =
        all.iter().flat_map(|traced| traced.trace.spans.iter().map(move |span| (traced, span))).collect();
    let known: HashSet<SpanId> = spans.iter().map(|(_, span)| span.id).collect();
    let (mut children, mut roots) = (HashMap::<SpanId, Vec<usize>>::new(), Vec::new());
    for (number, (_, span)) in spans.iter().enumerate() {
        match span.parent.filter(|parent| known.contains(parent)) {
            Some(parent) => children.entry(parent).or_default().push(number),
            None => roots.push(number),
        }
    }
    // Requests that name each other as parents have no root: the first of them stands in for one.
    roots.extend(0..spans.len());
    let mut next: Vec<(usize, usize)> = roots.into_iter().rev().map(|number| (number, 0)).collect();
    let (mut is_placed, mut placed) = (vec![false; spans.len()], Vec::with_capacity(spans.len()));
    while let Some((number, depth)) = next.pop() {
        if std::mem::replace(&mut is_placed[number], true) {
            continue;
        }
        let (traced, span) = spans[number];
        placed.push((traced, span, depth));
        next.extend(children.get(&span.id).into_iter().flatten().rev().map(|child| (*child, depth + 1)));
    }
    placed
}

/// The time that the bars are parts of, in nanoseconds.
struct Whole {
    begin: u64,
    length: u64,
}

impl Whole {
    #[expect(clippy::cast_precision_loss, reason = "two digits of it are drawn")]
    fn part(&self, nanoseconds: u64) -> String {
        format!("{:.2}%", 100.0 * nanoseconds as f64 / self.length as f64)
    }
}

fn row(traced: &Traced<'_>, span: &Span<'_>, whole: &Whole) -> SpanRow {
    let Traced { request, trace, path } = traced;
    let is_generation = span.id == SpanId::generation(&request.id);
    let (offset, length) = (span.start.0 - whole.begin, span.end.0 - span.start.0);
    let first = request.times.first_chunk.filter(|_| is_generation).map(|first| first.0.saturating_sub(span.start.0));
    let first = first.filter(|first| (1..=length).contains(first));
    let mut label = format!("from {}, for {}", time(offset), time(length));
    if span.error.is_some() {
        label = format!("failed; {label}");
    }
    if let Some(first) = first {
        label = format!("{label}; the first token after {}", time(first));
    }
    SpanRow {
        id: span.id.to_string(),
        name: span.name.to_string(),
        op: op(span, trace),
        depth: 0,
        x: whole.part(offset),
        width: whole.part(length.max(whole.length / 400)),
        first: first.map(|first| whole.part(first)),
        fill: match (span.error.is_some(), span.kind) {
            (true, SpanKind::Client) => "fill-bad",
            (false, SpanKind::Client) => "fill",
            (_, SpanKind::Internal | SpanKind::Server) => "fill-rest",
        },
        label,
        time: time(length),
        attributes: attributes(span, trace),
        path: path.clone(),
        is_open: is_generation,
    }
}

fn op(span: &Span<'_>, trace: &Trace<'_>) -> String {
    let known = all(span, trace).find(|attribute| attribute.key.to_string() == "sentry.op").map(|it| words(&it.value));
    known.unwrap_or_default()
}

fn attributes(span: &Span<'_>, trace: &Trace<'_>) -> Vec<AttributeRow> {
    let row = |attribute: &Attribute<'_>| AttributeRow {
        key: attribute.key.to_string(),
        value: Folded::new(words(&attribute.value), SEEN),
    };
    all(span, trace).map(row).collect()
}

/// A span's attributes, in the order in which they are sent.
fn all<'t, 'a>(span: &'t Span<'a>, trace: &'t Trace<'a>) -> impl Iterator<Item = &'t Attribute<'a>> {
    span.attributes.iter().chain(&trace.common).chain(&span.added).chain(&trace.added)
}

fn words(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Texts(texts) => texts.join(", "),
    }
}

/// Nanoseconds as people read them.
pub fn time(nanoseconds: u64) -> String {
    duration(i64::try_from(nanoseconds / 1_000_000).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completed_request::GenerationId;
    use crate::completed_request::sample::request;
    use crate::trace::{TraceSettings, build};

    /// Names and depths of the spans of these requests, each with the parent that it names.
    fn drawn(named: &[(&str, Option<SpanId>)]) -> Vec<(String, usize)> {
        let requests: Vec<_> = named
            .iter()
            .map(|(id, parent)| {
                let mut request = request();
                request.id = GenerationId::given(*id);
                request.context.parent_span_id = parent.map(|parent| parent.to_string().into());
                request
            })
            .collect();
        let settings = TraceSettings::default();
        let traces: Vec<_> = requests.iter().map(|request| build(request, None, &settings)).collect();
        let all: Vec<_> =
            requests.iter().zip(&traces).map(|(request, trace)| Traced { request, trace, path: None }).collect();
        let of = |id: &str| {
            let (root, generation) =
                (SpanId::root(&GenerationId::given(id)), SpanId::generation(&GenerationId::given(id)));
            [(root.to_string(), format!("{id} root")), (generation.to_string(), format!("{id} model"))]
        };
        let known: HashMap<String, String> = named.iter().flat_map(|(id, _)| of(id)).collect();
        let rows = Waterfall::new(&all).spans.into_iter().map(|row| (known[&row.id].clone(), row.depth));
        rows.collect()
    }

    #[test]
    fn spans_stand_behind_their_parents_also_of_other_requests() {
        let model = SpanId::generation(&GenerationId::given("a"));
        let expected = [("a root", 0), ("a model", 1), ("c root", 2), ("c model", 3), ("b root", 0), ("b model", 1)];
        let drawn = drawn(&[("a", None), ("b", None), ("c", Some(model))]);
        assert_eq!(drawn, expected.map(|(name, depth)| (name.to_owned(), depth)));
    }

    #[test]
    fn requests_that_name_each_other_as_parents_are_drawn_once() {
        let [a, b] = ["a", "b"].map(|id| SpanId::root(&GenerationId::given(id)));
        let expected = [("a root", 0), ("a model", 1), ("b root", 1), ("b model", 2)];
        let drawn = drawn(&[("a", Some(b)), ("b", Some(a))]);
        assert_eq!(drawn, expected.map(|(name, depth)| (name.to_owned(), depth)));
    }
}
