//! The OpenTelemetry SDK for Python, where somebody has installed it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};
use tracecast::trace::{self, Attribute, Span, SpanKind, Trace};

use crate::child::Role;
use crate::outcome::Result;
use crate::{backlog, bodies, event};

const SCRIPT: &str = include_str!("python.py");

/// As the table calls it.
pub(crate) const LABEL: &str = "opentelemetry-python, from memory";

/// Starts it with an interpreter that has `opentelemetry-exporter-otlp-proto-http`.
pub(crate) fn start(
    interpreter: &Path,
    receiver: SocketAddr,
    (events, gzip): (u64, bool),
    folder: &Path,
) -> Result<Role> {
    let spans = folder.join("spans.json");
    fs::write(&spans, serde_json::to_vec(&traces())?)?;
    let mut command = Command::new(interpreter);
    command.args(["-c", SCRIPT, &receiver.to_string(), &events.to_string(), if gzip { "gzip" } else { "none" }]);
    Ok(Role::spawn(command.arg(spans))?.0)
}

/// The same spans as the program's.
fn traces() -> Vec<Value> {
    let settings = bodies::settings();
    (0..backlog::TEMPLATES)
        .map(|number| {
            let (request, content) = event::completed(number);
            let content = content.as_borrowed();
            let trace = trace::build(&request, Some(&content), &settings);
            let spans: Vec<_> = trace.spans.iter().map(|each| span(&trace, each)).collect();
            json!({ "trace": trace.trace_id.to_string(), "spans": spans })
        })
        .collect()
}

fn span(trace: &Trace<'_>, span: &Span<'_>) -> Value {
    let attributes = span.attributes.iter().chain(&trace.common);
    json!({
        "id": span.id.to_string(),
        "parent": span.parent.map(|id| id.to_string()),
        "name": span.name.to_string(),
        "kind": match span.kind {
            SpanKind::Internal => "INTERNAL",
            SpanKind::Server => "SERVER",
            SpanKind::Client => "CLIENT",
        },
        "start": span.start.0,
        "end": span.end.0,
        "attributes": attributes.map(attribute).collect::<Map<_, _>>(),
    })
}

fn attribute(attribute: &Attribute<'_>) -> (String, Value) {
    let value = match &attribute.value {
        trace::Value::Text(text) => json!(text.to_string()),
        trace::Value::Bool(value) => json!(value),
        trace::Value::Int(value) => json!(value),
        trace::Value::Double(value) => json!(value),
        trace::Value::Texts(texts) => json!(texts),
    };
    (attribute.key.to_string(), value)
}
