//! What Sentry is sent, beside what a real Relay (26.9) was seen to do with such spans (spec 2.1, 2.4). Each test names the fact that
//! it guards; whether Relay still does so can only be seen with a Relay.

use serde_json::{Map, Value, json};

use super::vectors::{cases, full, received};
use crate::completed_request::sample::{context, request, small_content};
use crate::completed_request::secrets::is_secret_name;
use crate::completed_request::{CompletedRequest, Ending, Parameters};
use crate::trace::TraceSettings;

/// What Sentry's own conventions name, which default scrubbing leaves alone whatever the words in it.
const CONVENTIONS: [&str; 9] = [
    "sentry.",
    "gen_ai.",
    "http.",
    "server.",
    "error.",
    "user.id",
    "session.id",
    "deployment.environment.name",
    "service.",
];

/// The spans of every vector, and of requests that only Sentry's pages show in their own way.
fn sent() -> Vec<(&'static str, Vec<Value>)> {
    let settings = TraceSettings {
        environment: Some("staging / eu".into()),
        release: Some("v1\t2".into()),
        sample_rate: Some(0.5),
        ..TraceSettings::default()
    };
    let mut cancelled = CompletedRequest { ending: Ending::Cancelled, status: 499, ..full() };
    cancelled.response.finish_reasons.clear();
    let mut refused = CompletedRequest { status: 400, ..request() };
    refused.ending =
        Ending::Failed { kind: "invalid_request".into(), message: "`messages` must be an array".into(), detail: None };
    (refused.times.upstream_begun, refused.times.upstream_ended) = (None, None);
    let tokens = Parameters { token_arrays: Some(2), top_k: Some(40.0), ..Parameters::default() };
    let counted = CompletedRequest { parameters: tokens, ..request() };
    let named = context("u", "s", &json!({ "environment": "prod/eu west", "release": "a/b" }));
    let further = [
        ("cancelled", cancelled, Some(small_content())),
        ("refused", refused, None),
        ("counted", counted, None),
        ("named", CompletedRequest { context: named, ..request() }, None),
    ];
    let all = cases().into_iter().chain(further);
    all.map(|(case, request, content)| (case, received(&request, content.as_ref(), &settings))).collect()
}

fn attributes(span: &Value) -> &Map<String, Value> {
    span["attributes"].as_object().unwrap()
}

fn json_of(span: &Value, key: &str) -> Option<Value> {
    attributes(span).get(key).map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap())
}

/// By the attribute that only one of them has.
fn generations(spans: &[Value]) -> impl Iterator<Item = &Value> {
    spans.iter().filter(|span| attributes(span).contains_key("gen_ai.operation.name"))
}

#[test]
fn every_span_says_its_op_description_release_and_environment() {
    for (case, spans) in sent() {
        let root = &spans[0];
        for span in &spans {
            let own = attributes(span);
            for key in ["sentry.op", "sentry.description", "sentry.release", "sentry.environment"] {
                assert!(own[key].as_str().is_some_and(|text| !text.is_empty()), "facts 4 and 5, {case}: {key}");
            }
            assert_eq!(own["sentry.description"], span["name"], "fact 4, {case}");
            for key in ["sentry.segment.name", "sentry.transaction"] {
                assert_eq!(own[key], root["name"], "{case}: {key}");
            }
            assert_eq!(own["sentry.segment.id"], root["spanId"], "fact 3, {case}: Relay drops spans with another");
            assert!(span.get("events").is_none(), "fact 6, {case}: Relay drops events");
            assert_eq!(own["sentry.client_sample_rate"], 0.5, "{case}");
            let unfiltered = |c: char| c.is_whitespace() || matches!(c, '/' | '\\');
            for key in ["sentry.release", "sentry.environment"] {
                assert!(!own[key].as_str().unwrap().contains(unfiltered), "fact 13, {case}: {key}");
            }
        }
    }
}

#[test]
fn root_alone_is_the_segment_also_below_a_remote_parent() {
    for (case, spans) in sent() {
        let remote = spans[0].get("parentSpanId").is_some();
        assert_eq!(remote, case == "remote_parent", "{case}");
        assert_eq!(spans[0]["flags"], if remote { 0x301 } else { 0x101 }, "fact 9, {case}");
        for span in &spans[1..] {
            assert_eq!(span["flags"], 0x101, "{case}");
            assert!(spans.iter().any(|parent| parent["spanId"] == span["parentSpanId"]), "{case}");
        }
    }
}

#[test]
fn model_call_is_counted_once_and_not_where_no_model_was_asked() {
    for (case, spans) in sent() {
        let calls: Vec<_> = generations(&spans).collect();
        assert_eq!(calls.len(), usize::from(case != "refused"), "{case}");
        for call in calls {
            let own = attributes(call);
            assert!(own["sentry.op"].as_str().unwrap().starts_with("gen_ai."), "{case}");
            assert!(!own.contains_key("http.request.method") && !own.contains_key("gen_ai.usage.cost"), "{case}");
            assert!(own["gen_ai.response.streaming"].is_boolean(), "{case}");
        }
    }
}

#[test]
fn failed_attempt_names_method_and_server_so_that_its_description_stays_whole() {
    let attempts: Vec<_> = sent().into_iter().flat_map(|(_, spans)| spans).collect();
    let attempts: Vec<_> = attempts.iter().map(attributes).filter(|own| own["sentry.op"] == "http.client").collect();
    assert!(!attempts.is_empty());
    for own in attempts {
        assert_eq!(own["http.request.method"], "POST", "fact 12");
        assert!(own["server.address"].is_string() && own["http.response.status_code"].is_i64(), "fact 12");
    }
}

#[test]
fn figures_have_the_types_that_sentry_reads() {
    for (case, spans) in sent() {
        for (key, value) in spans.iter().flat_map(attributes) {
            if key.starts_with("gen_ai.usage.") || key.ends_with(".top_k") || key.ends_with(".max_tokens") {
                assert!(value.is_i64(), "{case}: {key}");
            }
            if key.starts_with("gen_ai.cost.") {
                assert!(value.is_f64(), "fact 7, {case}: {key}");
            }
            if key.ends_with(".seed") {
                assert!(value.is_string(), "{case}: {key}");
            }
        }
    }
}

#[test]
fn what_was_said_is_json_of_parts_and_said_once() {
    let mut answers = 0;
    for (case, spans) in sent() {
        for call in generations(&spans) {
            for part in json_of(call, "gen_ai.system_instructions").iter().flat_map(|list| list.as_array().unwrap()) {
                assert!(part["type"].is_string() && part["content"].is_string(), "fact 14, {case}");
            }
            let input = json_of(call, "gen_ai.input.messages").unwrap_or_default();
            let output = json_of(call, "gen_ai.output.messages").unwrap_or_default();
            for message in input.as_array().into_iter().flatten() {
                assert_ne!(message["role"], "system", "fact 14, {case}: it stands in the instructions");
            }
            for message in output.as_array().into_iter().flatten() {
                assert!(message["finish_reason"].is_string(), "{case}");
                answers += 1;
            }
            for part in [input, output].iter().filter_map(Value::as_array).flatten().flat_map(parts) {
                match part["type"].as_str().unwrap() {
                    "tool_call" => assert!(part["arguments"].is_object(), "{case}"),
                    "tool_call_response" => assert_eq!(part["response"], part["result"], "{case}"),
                    _ => {}
                }
            }
            let reasons = json_of(call, "gen_ai.response.finish_reasons").unwrap_or_else(|| json!([]));
            assert!(reasons.as_array().unwrap().iter().all(Value::is_string), "{case}");
        }
        let says =
            |span: &Value| attributes(span).keys().any(|key| key.contains("messages") || key.contains("instructions"));
        assert!(case != "privacy_mode" || !spans.iter().any(says), "nothing is said in Privacy Mode");
    }
    assert!(answers >= 4, "{answers}");
}

fn parts(message: &Value) -> &[Value] {
    message["parts"].as_array().unwrap()
}

#[test]
fn names_of_our_own_hold_no_word_that_scrubbing_looks_for() {
    for (case, spans) in sent() {
        for key in spans.iter().flat_map(attributes).map(|(key, _)| key) {
            let is_ours =
                !CONVENTIONS.iter().any(|known| key.starts_with(known)) && !key.starts_with("trace.metadata.");
            assert!(!is_ours || !is_secret_name(key), "fact 8, {case}: {key} would show [Filtered], or nothing");
        }
    }
}
