//! The same traces as the structures of `opentelemetry-proto`.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, status::StatusCode};

use crate::trace::{self, Attribute, Trace, Value};

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn request(service_name: &str, traces: &[Trace<'_>]) -> ExportTraceServiceRequest {
    let resource = [
        ("service.name", service_name),
        ("service.version", VERSION),
        ("telemetry.sdk.name", "tracecast"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", VERSION),
    ];
    let attributes = resource.map(|(key, value)| key_value(key.to_owned(), text(value))).to_vec();
    let scope = InstrumentationScope { name: "tracecast".into(), version: VERSION.into(), ..Default::default() };
    let spans = traces.iter().flat_map(|trace| trace.spans.iter().map(|one| span(trace, one))).collect();
    let scope_spans = ScopeSpans { scope: Some(scope), spans, ..Default::default() };
    let resource = Resource { attributes, ..Default::default() };
    let resource_spans =
        ResourceSpans { resource: Some(resource), scope_spans: vec![scope_spans], ..Default::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

fn span(trace: &Trace<'_>, span: &trace::Span<'_>) -> Span {
    let error = |message: &str| Status { message: message.to_owned(), code: StatusCode::Error as i32 };
    Span {
        trace_id: trace.trace_id.to_bytes().to_vec(),
        span_id: span.id.to_bytes().to_vec(),
        parent_span_id: span.parent.map(|id| id.to_bytes().to_vec()).unwrap_or_default(),
        flags: span.flags,
        name: span.name.to_string(),
        kind: span.kind as i32,
        start_time_unix_nano: span.start.0,
        end_time_unix_nano: span.end.0,
        attributes: [&span.attributes, &trace.common, &span.added, &trace.added]
            .into_iter()
            .flatten()
            .map(attribute)
            .collect(),
        events: span.exception.iter().map(|exception| event(exception, span)).collect(),
        status: span.error.as_deref().map(error),
        ..Span::default()
    }
}

fn event(exception: &trace::Exception<'_>, span: &trace::Span<'_>) -> Event {
    let attributes = [("exception.type", &exception.kind), ("exception.message", &exception.message)];
    Event {
        time_unix_nano: span.end.0,
        name: "exception".to_owned(),
        attributes: attributes.map(|(key, value)| key_value(key.to_owned(), text(value))).to_vec(),
        ..Event::default()
    }
}

fn attribute(attribute: &Attribute<'_>) -> KeyValue {
    let value = match &attribute.value {
        Value::Text(value) => text(&value.to_string()),
        Value::Bool(value) => any_value::Value::BoolValue(*value),
        Value::Int(value) => any_value::Value::IntValue(*value),
        Value::Double(value) => any_value::Value::DoubleValue(*value),
        Value::Texts(values) => any_value::Value::ArrayValue(ArrayValue {
            values: values.iter().map(|value| AnyValue { value: Some(text(value)) }).collect(),
        }),
    };
    key_value(attribute.key.to_string(), value)
}

fn key_value(key: String, value: any_value::Value) -> KeyValue {
    KeyValue { key, value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(text: &str) -> any_value::Value {
    any_value::Value::StringValue(text.to_owned())
}
