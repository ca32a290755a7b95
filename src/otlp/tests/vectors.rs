//! What each dialect and product is sent, as its receiver reads it. Review a changed snapshot against spec 7.3, row by row.

use insta::assert_json_snapshot;
use serde_json::{Map, Value, json};

use crate::completed_request::content::Content;
use crate::completed_request::sample::{after, answer, content, context, request, small_content};
use crate::completed_request::{CompletedRequest, Cost, CostSource, Ending, FailedAttempt, Parameters, Usage};
use crate::completion::{Choice, FinishReason, ToolCall};
use crate::otlp::{Encode, Json, Resource};
use crate::trace::{Dialect, Extras, Parent, TraceSettings, build};

/// A request with everything that a caller can say.
pub(super) fn full() -> CompletedRequest<'static> {
    let trace = json!({
        "trace_name": "Support", "span_name": "Retrieve", "generation_name": "Answer", "release": "v2.1.0",
        "team": "core", "attempt": 3, "score": 0.5, "beta": true, "tags": ["eu", "paid"], "nested": { "a": [1] },
    });
    let attempt = FailedAttempt {
        begun: after(2),
        ended: after(15),
        provider: Some("azure".into()),
        server: Some("example.openai.azure.com".into()),
        model: Some("gpt-4o".into()),
        status: Some(503),
        kind: "503".into(),
        message: "The upstream answered 503.".into(),
    };
    let mut request = CompletedRequest {
        context: context("user_1", "session_1", &trace),
        streaming: true,
        failed_attempts: vec![attempt],
        ..request()
    };
    request.times.first_chunk = Some(after(320));
    request.parameters = Parameters {
        temperature: Some(0.5),
        max_tokens: Some(256),
        stop_sequences: vec!["END".into()],
        seed: Some(42),
        ..Parameters::default()
    };
    request.usage = Usage {
        input: Some(100),
        output: Some(50),
        total: Some(150),
        cache_read: Some(60),
        cache_creation: Some(20),
        reasoning: Some(30),
    };
    request.cost = Cost {
        total: Some(0.03),
        input: Some(0.01),
        output: Some(0.02),
        source: Some(CostSource::List),
        ..Cost::default()
    };
    request
}

fn conversation() -> Content {
    let messages = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": "Hello. What do you need?" },
        { "role": "user", "content": [
            { "type": "text", "text": "What is on this picture?" },
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw0KGgo=" } },
        ] },
    ]);
    content(&messages, &Value::Null, &[answer("A \"cat\".")])
}

fn tool_calls() -> Content {
    let messages = json!([
        { "role": "user", "content": "Weather in Paris and Lyon?" },
        { "role": "assistant", "content": null, "tool_calls": [
            { "id": "call_1", "type": "function", "function": { "name": "weather", "arguments": "{\"city\":\"Paris\"}" } }] },
        { "role": "tool", "tool_call_id": "call_1", "content": "18 °C" },
    ]);
    let tools = json!([{ "type": "function", "function": {
        "name": "weather", "description": "The weather now",
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } } }]);
    let call = ToolCall { id: "call_2".into(), name: "weather".into(), arguments: "{\"city\":\"Lyon\"}".into() };
    let choice =
        Choice { tool_calls: vec![call].into(), finish_reason: Some(FinishReason::ToolCalls), ..Choice::default() };
    content(&messages, &tools, &[choice])
}

/// Refused by the upstream with words that repeat the prompt.
fn failed() -> CompletedRequest<'static> {
    let mut request = CompletedRequest { status: 429, context: context("user_1", "", &json!({})), ..request() };
    request.ending = Ending::Failed {
        kind: "429".into(),
        message: "The upstream refused the request".into(),
        detail: Some("too many requests about \"France\"".into()),
    };
    (request.usage, request.cost) = (Usage::default(), Cost::default());
    request.response.finish_reasons.clear();
    request
}

/// The requests that every receiver is shown, each with its content.
pub(super) fn cases() -> [(&'static str, CompletedRequest<'static>, Option<Content>); 6] {
    let remote = json!({ "trace_id": "4BF92F3577B34DA6A3CE929D0E0E4736", "parent_span_id": "00F067AA0BA902B7" });
    let mut calls = request();
    calls.response.finish_reasons = vec!["tool_calls".into()];
    [
        ("full", full(), Some(conversation())),
        ("privacy_mode", CompletedRequest { ending: failed().ending, ..full() }, None),
        ("error", failed(), Some(small_content())),
        ("remote_parent", CompletedRequest { context: context("u", "s", &remote), ..request() }, None),
        ("tool_calls", CompletedRequest { context: context("u", "s", &json!({})), ..calls }, Some(tool_calls())),
        ("no_user_or_session", request(), Some(small_content())),
    ]
}

/// The spans of the body that a receiver gets, each attribute as one member.
pub(super) fn received(
    request: &CompletedRequest<'_>,
    content: Option<&Content>,
    settings: &TraceSettings,
) -> Vec<Value> {
    let content = content.map(Content::as_borrowed);
    let mut encoder = Json::new(&Resource::new("tracecast"));
    encoder.push(&build(request, content.as_ref(), settings));
    let body: Value = serde_json::from_slice(encoder.finish()).unwrap();
    let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    spans.iter().map(readable).collect()
}

fn readable(span: &Value) -> Value {
    let mut span = span.as_object().unwrap().clone();
    let attributes = members(&span["attributes"]);
    span.insert("attributes".to_owned(), attributes.into());
    for event in span.get_mut("events").and_then(Value::as_array_mut).into_iter().flatten() {
        event["attributes"] = members(&event["attributes"]).into();
    }
    span.into()
}

fn members(attributes: &Value) -> Map<String, Value> {
    let pairs = attributes.as_array().unwrap().iter();
    pairs.map(|pair| (pair["key"].as_str().unwrap().to_owned(), value(&pair["value"]))).collect()
}

fn value(any: &Value) -> Value {
    let (kind, value) = any.as_object().unwrap().iter().next().unwrap();
    match &**kind {
        "intValue" => value.as_str().unwrap().parse::<i64>().unwrap().into(),
        "arrayValue" => value["values"].as_array().unwrap().iter().map(|one| one["stringValue"].clone()).collect(),
        _ => value.clone(),
    }
}

fn settings(dialect: Dialect, extras: Extras, parent: Parent) -> TraceSettings {
    TraceSettings { environment: Some("Production".into()), dialect, extras, parent, ..TraceSettings::default() }
}

/// Everything that a dialect's receiver gets.
fn show_all(name: &str, dialect: Dialect) {
    for (case, request, content) in cases() {
        let settings = settings(dialect, Extras::None, Parent::Link);
        assert_json_snapshot!(format!("{name}__{case}"), received(&request, content.as_ref(), &settings));
    }
}

/// What a product gets besides, and what it does not get of what others do.
fn show_difference(name: &str, dialect: Dialect, extras: Extras, parent: Parent) {
    for (case, request, content) in cases() {
        let without = received(&request, content.as_ref(), &settings(dialect, Extras::None, Parent::Link));
        let with = received(&request, content.as_ref(), &settings(dialect, extras, parent));
        let difference: Vec<_> = without.iter().zip(&with).map(|(without, with)| between(without, with)).collect();
        assert_json_snapshot!(format!("{name}__{case}"), difference);
    }
}

/// The members of `with` that `without` has not; null for those that it has not itself.
fn between(without: &Value, with: &Value) -> Value {
    let (Value::Object(without), Value::Object(with)) = (without, with) else { return with.clone() };
    let mut difference: Map<String, Value> = without.keys().map(|key| (key.clone(), Value::Null)).collect();
    difference.extend(with.clone());
    difference.retain(|key, value| key == "name" || without.get(key) != Some(value));
    if let (Some(value), Some(before)) = (difference.get_mut("attributes"), without.get("attributes")) {
        *value = between(before, value);
    }
    difference.into()
}

#[test]
fn plain_is_sent() {
    show_all("plain", Dialect::Plain);
}

#[test]
fn openinference_is_sent() {
    show_all("openinference", Dialect::OpenInference);
}

#[test]
fn langfuse_is_sent() {
    show_all("langfuse", Dialect::Langfuse);
}

#[test]
fn extras_are_sent() {
    use Parent::{Attribute, Link};
    show_difference("mlflow", Dialect::OpenInference, Extras::Mlflow, Attribute);
    show_difference("weave", Dialect::OpenInference, Extras::Weave, Attribute);
    show_difference("langsmith", Dialect::Plain, Extras::LangSmith, Attribute);
    show_difference("datadog", Dialect::Plain, Extras::Datadog, Attribute);
    show_difference("braintrust", Dialect::Plain, Extras::Braintrust, Attribute);
    show_difference("posthog", Dialect::Plain, Extras::PostHog, Link);
    show_difference("opik", Dialect::Plain, Extras::Opik, Attribute);
    show_difference("signoz", Dialect::Plain, Extras::SigNoz, Link);
}
