//! What vendors forget after their 200, without a word (spec 7.2, 7.9).

use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tracecast::clock::Clock;

/// A span that was taken, with what came beside it.
pub(super) struct Delivered<'a> {
    pub(super) resource: &'a [KeyValue],
    /// All spans of the request.
    pub(super) all: &'a [Span],
    pub(super) span: &'a Span,
}

/// Whether a vendor does not show a span.
pub(super) type Forgets = fn(&Delivered<'_>) -> bool;

/// LangSmith, MLflow: a span whose parent never arrives.
pub(super) fn orphans(Delivered { all, span, .. }: &Delivered<'_>) -> bool {
    let is_parent = |other: &Span| other.trace_id == span.trace_id && other.span_id == span.parent_span_id;
    !span.parent_span_id.is_empty() && !all.iter().any(is_parent)
}

/// Datadog, PostHog: a span that says nothing of AI.
pub(super) fn without_ai(delivered: &Delivered<'_>) -> bool {
    !delivered.span.attributes.iter().any(|pair| pair.key.starts_with("gen_ai."))
}

/// Datadog: the same, and orphans.
pub(super) fn without_ai_and_orphans(delivered: &Delivered<'_>) -> bool {
    without_ai(delivered) || orphans(delivered)
}

/// Weave: what names no entity or no project.
pub(super) fn without_routing(Delivered { resource, .. }: &Delivered<'_>) -> bool {
    ["wandb.entity", "wandb.project"].iter().any(|name| text(resource, name).is_none_or(str::is_empty))
}

/// Dynatrace: what is older than an hour.
pub(super) fn old(Delivered { span, .. }: &Delivered<'_>) -> bool {
    let hour = u64::try_from(Duration::from_hours(1).as_nanos()).unwrap();
    span.end_time_unix_nano < Clock::System.unix_nanos().0 - hour
}

/// New Relic: the same; it cuts long values and leaves out attributes behind the 64th, which counts as a loss here.
pub(super) fn old_or_large(delivered: &Delivered<'_>) -> bool {
    let is_long = |pair: &KeyValue| string(pair).is_some_and(|text| text.chars().count() > 4095);
    let attributes = &delivered.span.attributes;
    old(delivered) || attributes.len() > 64 || attributes.iter().any(is_long)
}

/// Opik: usage that is no integer.
pub(super) fn broken_usage(Delivered { span, .. }: &Delivered<'_>) -> bool {
    let is_integer = |pair: &KeyValue| matches!(value(pair), Some(Value::IntValue(_)));
    span.attributes
        .iter()
        .any(|pair| pair.key.starts_with("gen_ai.usage.") && pair.key.ends_with("tokens") && !is_integer(pair))
}

/// Braintrust: JSON that is none shows as null.
pub(super) fn broken_json(Delivered { span, .. }: &Delivered<'_>) -> bool {
    let is_json =
        |pair: &KeyValue| string(pair).is_some_and(|text| serde_json::from_str::<serde_json::Value>(text).is_ok());
    let names =
        ["braintrust.input_json", "braintrust.output_json", "braintrust.metadata", "braintrust.span_attributes"];
    span.attributes.iter().any(|pair| names.contains(&pair.key.as_str()) && !is_json(pair))
}

/// The text that stands under this name.
pub(super) fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    attributes.iter().find(|pair| pair.key == name).and_then(string)
}

fn string(pair: &KeyValue) -> Option<&str> {
    if let Some(Value::StringValue(text)) = value(pair) { Some(text) } else { None }
}

fn value(pair: &KeyValue) -> Option<&Value> {
    pair.value.as_ref()?.value.as_ref()
}
