//! A trace as text: the tree of its spans with their own attributes, then what all of them carry.

use std::fmt::Write as _;

use crate::completed_request::CompletedRequest;
use crate::completed_request::content::Content;
use crate::completed_request::sample::RECEIVED;
use crate::trace::{Attribute, Span, SpanId, Trace, TraceSettings, Value, build, notes};

/// So many of the attributes that all spans carry are shown.
const COMMON_SHOWN: usize = 20;

/// The trace of a request as it is built from its recorded bytes.
pub(super) fn rendered(request: &CompletedRequest<'_>, content: Option<&Content>, settings: &TraceSettings) -> String {
    let content = content.map(Content::as_borrowed);
    let trace = build(request, content.as_ref(), settings);
    let mut text = render(&trace);
    for note in notes(request, &trace, settings) {
        let _ = writeln!(text, "note: {note:?}");
    }
    text
}

pub(super) fn render(trace: &Trace<'_>) -> String {
    let mut text = format!("trace {}\n", trace.trace_id);
    let root = &trace.spans[0];
    if let Some(remote) = root.parent {
        let _ = writeln!(text, "remote parent {remote}");
    }
    render_span(trace, root, 0, &mut text);
    text.push_str("on every span\n");
    let (shown, others) = trace.common.split_at(trace.common.len().min(COMMON_SHOWN));
    render_attributes(shown, 1, &mut text);
    if !others.is_empty() {
        let _ = writeln!(text, "  … and {} more", others.len());
    }
    text
}

fn render_span(trace: &Trace<'_>, span: &Span<'_>, depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth);
    let (start, end) = (milliseconds(span.start.0), milliseconds(span.end.0));
    let Span { id, kind, name, flags, .. } = span;
    let _ = writeln!(text, "{indent}{name:?} {id} {kind:?} {flags:#x} {start}..{end} ms", name = name.to_string());
    if let Some(error) = &span.error {
        let _ = writeln!(text, "{indent}  ERROR {error:?}");
    }
    render_attributes(&span.attributes, depth * 2 + 1, text);
    for child in children(trace, span.id) {
        render_span(trace, child, depth + 1, text);
    }
}

fn children<'t, 'a>(trace: &'t Trace<'a>, parent: SpanId) -> impl Iterator<Item = &'t Span<'a>> {
    trace.spans.iter().filter(move |span| span.parent == Some(parent))
}

fn render_attributes(attributes: &[Attribute<'_>], depth: usize, text: &mut String) {
    for Attribute { key, value } in attributes {
        let indent = "  ".repeat(depth);
        let _ = match value {
            Value::Text(value) => writeln!(text, "{indent}{key} = {}", short(&format!("{:?}", value.to_string()))),
            Value::Bool(value) => writeln!(text, "{indent}{key} = {value}"),
            Value::Int(value) => writeln!(text, "{indent}{key} = {value}"),
            Value::Double(value) => writeln!(text, "{indent}{key} = {value:?}"),
            Value::Texts(values) => writeln!(text, "{indent}{key} = {values:?}"),
        };
    }
}

/// Long texts by their beginning, length and end.
fn short(text: &str) -> String {
    let count = text.chars().count();
    if count <= 700 {
        return text.to_owned();
    }
    let (beginning, end) =
        (text.chars().take(60).collect::<String>(), text.chars().skip(count - 60).collect::<String>());
    format!("{beginning} …{count} characters… {end}")
}

fn milliseconds(nanos: u64) -> i128 {
    (i128::from(nanos) - i128::from(RECEIVED.0)) / 1_000_000
}
