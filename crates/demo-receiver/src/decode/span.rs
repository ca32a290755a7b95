//! One span of the wire, as Sentry would show it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::attributes;
use crate::otlp::{self, Span, Value as Otlp};
use crate::received::{ReceivedSpan, Status};
use crate::scrubbing;
use crate::time::UnixNanos;

use super::Origin;

/// OTLP's `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK | SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`.
const REMOTE_PARENT: u32 = 0x300;

/// A span whose `sentry.segment.id` is absent or 16 hex digits; Sentry loses the others.
pub(super) fn segment_id_is_valid(span: &Span) -> bool {
    let id = span.attributes.iter().rfind(|attribute| attribute.key == "sentry.segment.id");
    match id.and_then(|attribute| attribute.value.as_ref()).and_then(|value| value.value.as_ref()) {
        None => true,
        Some(Otlp::Text(id)) => {
            id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.bytes().any(|byte| byte != b'0')
        }
        Some(_) => false,
    }
}

/// The span with its attributes as JSON.
pub(super) fn received(span: Span, origin: &Origin) -> ReceivedSpan {
    let parent_span_id = super::valid_id(&span.parent_span_id, 8).then(|| hex::encode(&span.parent_span_id));
    let kind = kind(span.kind);
    let (status, status_message) = status(span.status);
    let attributes = attributes::object(span.attributes);
    ReceivedSpan {
        span_id: hex::encode(&span.span_id),
        is_segment: parent_span_id.is_none() || span.flags & REMOTE_PARENT == REMOTE_PARENT,
        parent_span_id,
        description: description(&span.name, &attributes),
        op: attributes.get("sentry.op").and_then(Value::as_str).unwrap_or("default").to_owned(),
        name: span.name,
        kind,
        start: UnixNanos(span.start_time_unix_nano),
        end: UnixNanos(span.end_time_unix_nano),
        status,
        status_message,
        flags: span.flags,
        filtered: scrubbing::filtered(&attributes),
        attributes,
        resource: Arc::clone(&origin.resource),
        scope: origin.scope.clone(),
        request: 0,
        deliveries: 1,
    }
}

/// Relay writes its own description over a generation span that brings none.
fn description(name: &str, attributes: &Map<String, Value>) -> String {
    let text = |key| attributes.get(key).and_then(Value::as_str);
    match (text("sentry.description"), text("gen_ai.operation.name"), text("gen_ai.request.model")) {
        (Some(description), _, _) => description.to_owned(),
        (None, Some(operation), Some(model)) => format!("{operation} {model}"),
        _ => name.to_owned(),
    }
}

/// By the numbers of OTLP's `StatusCode`.
fn status(status: Option<otlp::Status>) -> (Status, String) {
    let Some(status) = status else { return Default::default() };
    let code = match status.code {
        1 => Status::Ok,
        2 => Status::Error,
        _ => Status::Unset,
    };
    (code, status.message)
}

/// By the numbers of OTLP's `SpanKind`.
fn kind(kind: i32) -> &'static str {
    match kind {
        1 => "internal",
        2 => "server",
        3 => "client",
        4 => "producer",
        5 => "consumer",
        _ => "unspecified",
    }
}
