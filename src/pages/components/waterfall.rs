//! Spans of one trace or several, as bars in time.

use chrono::{DateTime, TimeDelta, Utc};

use super::amount::duration;
use crate::clock::UnixNanos;
use crate::completed_request::CompletedRequest;
use crate::trace::{Attribute, Span, SpanId, SpanKind, Trace, Value};

/// Characters of an attribute's value that are seen at once.
const SEEN: usize = 400;

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
    /// Ancestors within the trace, at most 3.
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
}

impl Waterfall {
    pub fn new(all: &[Traced<'_>]) -> Self {
        let spans = || all.iter().flat_map(|traced| &traced.trace.spans);
        let (Some(begin), Some(end)) = (spans().map(|span| span.start.0).min(), spans().map(|span| span.end.0).max())
        else {
            return Self::default();
        };
        let whole = Whole { begin, length: (end - begin).max(1) };
        let rows = all.iter().flat_map(|traced| {
            let rows = traced.trace.spans.iter().map(|span| row(traced, span, &whole));
            rows.map(|row| SpanRow { is_open: row.is_open && all.len() == 1, ..row })
        });
        let quarter = |number: u64| time(whole.length / 4 * number);
        let ticks = std::iter::once("0".to_owned()).chain((1..=4).map(quarter));
        Self { ticks: ticks.collect(), spans: rows.collect() }
    }
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
    let Traced { request, trace } = traced;
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
        depth: depth(span, trace),
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
        is_open: is_generation,
    }
}

/// Ancestors within the trace.
fn depth(span: &Span<'_>, trace: &Trace<'_>) -> usize {
    let mut parent = span.parent;
    let mut depth = 0;
    while let Some(found) = parent.and_then(|id| trace.spans.iter().find(|other| other.id == id)).filter(|_| depth < 3)
    {
        parent = found.parent;
        depth += 1;
    }
    depth
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

/// A recorded time. None: beyond what a calendar holds.
pub fn instant(at: UnixNanos) -> Option<DateTime<Utc>> {
    DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::nanoseconds(i64::try_from(at.0).ok()?))
}
