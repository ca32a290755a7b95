//! Reading what rotel prints for each span that it decoded.

use std::collections::BTreeMap;

/// A span as rotel understood it. Values of attributes stand as it prints them: `Str(x)`, `Int(7)`, `Slice(Str(a))`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PrintedSpan {
    pub(crate) trace_id: String,
    /// Empty for a span without a parent.
    pub(crate) parent_id: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) status: String,
    pub(crate) message: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) scope: String,
}

/// All spans in what it printed.
pub(super) fn spans(text: &str) -> Vec<PrintedSpan> {
    let mut spans: Vec<PrintedSpan> = Vec::new();
    let (mut resource, mut scope, mut in_resource) = (BTreeMap::new(), String::new(), false);
    for line in text.lines() {
        if line.starts_with("ResourceSpans #") {
            resource.clear();
            in_resource = true;
        } else if let Some(name) = line.strip_prefix("InstrumentationScope ") {
            name.clone_into(&mut scope);
        } else if line.starts_with("Span #") {
            in_resource = false;
            spans.push(PrintedSpan { resource: resource.clone(), scope: scope.clone(), ..PrintedSpan::default() });
        } else if let Some((key, value)) = line.strip_prefix("     -> ").and_then(|rest| rest.split_once(": ")) {
            let span = spans.last_mut().filter(|_| !in_resource);
            let attributes = span.map_or(&mut resource, |span| &mut span.attributes);
            attributes.insert(key.to_owned(), value.to_owned());
        } else if let (Some(span), Some((field, value))) = (spans.last_mut(), line.split_once(':')) {
            put(span, field.trim(), value.strip_prefix(' ').unwrap_or(value));
        }
    }
    spans
}

fn put(span: &mut PrintedSpan, field: &str, value: &str) {
    let place = match field {
        "Trace ID" => &mut span.trace_id,
        "Parent ID" => &mut span.parent_id,
        "ID" => &mut span.id,
        "Name" => &mut span.name,
        "Kind" => &mut span.kind,
        "Start time" => &mut span.start,
        "End time" => &mut span.end,
        "Status code" => &mut span.status,
        "Status message" => &mut span.message,
        _ => return,
    };
    value.clone_into(place);
}
