//! Whole traces, as a person reads them. Review a changed snapshot against spec 2.4.

mod additions;
mod groups;
mod render;

use insta::assert_snapshot;
use serde_json::{Value as Json, json};

use self::render::{render, rendered};
use super::{Dialect, Note, TraceSettings, build, notes};
use crate::clock::UnixNanos;
use crate::completed_request::content::Content;
use crate::completed_request::sample::{RECEIVED, after, answer, content, context, request, small_content};
use crate::completed_request::{
    CompletedRequest, Cost, CostSource, Ending, FailedAttempt, MetadataValue, Operation, Parameters, ResponseFacts,
    TraceContext, Usage,
};
use crate::completion::{Choice, FinishReason, ToolCall};

fn defaults() -> TraceSettings {
    TraceSettings { environment: Some("production".into()), release: Some("v1".into()), ..TraceSettings::default() }
}

#[test]
fn plain() {
    assert_snapshot!(rendered(&request(), Some(&small_content()), &TraceSettings::default()));
}

#[test]
fn every_metadata_key() {
    let trace = json!({
        "trace_id": "incident_investigation_001", "trace_name": "Error Analysis Agent",
        "span_name": "Second Pass", "generation_name": "Analyze Stack Trace",
        "environment": "staging/eu", "release": "v2.1.0", "agent_name": "Investigator",
        "team": "core", "attempt": 3, "score": 0.75, "billable": true, "tags": ["a", { "b": 1 }],
    });
    let request = CompletedRequest { context: context("user_12345", "session_abc", &trace), ..request() };
    assert_snapshot!(rendered(&request, Some(&small_content()), &defaults()));
}

#[test]
fn streaming_with_every_parameter_and_count() {
    let mut request = CompletedRequest { streaming: true, ..request() };
    request.times.first_chunk = Some(after(320));
    request.parameters = Parameters {
        temperature: Some(0.7),
        top_p: Some(0.9),
        top_k: Some(40.0),
        max_tokens: Some(256),
        frequency_penalty: Some(0.1),
        presence_penalty: Some(-0.2),
        stop_sequences: vec!["END".into(), "\n\n".into()],
        seed: Some(42),
        reasoning_level: Some("high".into()),
        output_type: Some("json".into()),
        token_arrays: None,
    };
    request.usage = Usage {
        input: Some(100),
        output: Some(50),
        total: Some(150),
        cache_read: Some(60),
        cache_creation: Some(20),
        reasoning: Some(30),
    };
    let parts =
        Cost { cache_read: Some(0.000_1), cache_creation: Some(0.000_2), reasoning: Some(0.0), ..Cost::default() };
    request.cost = Cost { total: Some(0.0), ..parts };
    let settings = TraceSettings { sample_rate: Some(0.25), ..defaults() };
    assert_snapshot!(rendered(&request, Some(&small_content()), &settings));
}

#[test]
fn embeddings_of_tokens_have_counts_and_no_content() {
    let mut request = CompletedRequest { operation: Operation::Embeddings, ..request() };
    request.parameters.token_arrays = Some(2);
    request.response = ResponseFacts { dimensions: Some(1536), finish_reasons: Vec::new(), ..request.response };
    let rendered = rendered(&request, None, &defaults());
    for line in [
        "gen_ai.operation.name = \"embeddings\"",
        "gen_ai.embeddings.dimension.count = 1536",
        "tracecast.input.arrays = 2",
    ] {
        assert!(rendered.contains(line), "{line} is missing in {rendered}");
    }
}

#[test]
fn the_same_for_plain_otlp() {
    let mut request = request();
    request.parameters.seed = Some(42);
    request.context = context("user_12345", "session_abc", &json!({ "team": "core" }));
    let settings = TraceSettings { dialect: Dialect::Plain, sample_rate: Some(0.25), ..defaults() };
    assert_snapshot!(rendered(&request, Some(&small_content()), &settings));
}

fn tool_content() -> Content {
    let messages = json!([
        { "role": "system", "content": "You know the weather." },
        { "role": "user", "content": "Paris?" },
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

#[test]
fn tool_calls() {
    let mut request = request();
    request.response.finish_reasons = vec!["tool_calls".into()];
    assert_snapshot!(rendered(&request, Some(&tool_content()), &TraceSettings::default()));
}

#[test]
fn multimodal() {
    let messages = json!([{ "role": "user", "content": [
        { "type": "text", "text": "What is this?" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw0KGgo=" } },
        { "type": "input_audio", "input_audio": { "data": "UklGRg==", "format": "wav" } },
    ] }]);
    let content = content(&messages, &Json::Null, &[answer("A cat.")]);
    assert_snapshot!(rendered(&request(), Some(&content), &TraceSettings::default()));
}

/// Refused by the upstream with words that repeat the prompt, after two attempts elsewhere.
fn failed() -> CompletedRequest<'static> {
    let attempt = |begun, ended, status, kind: &'static str| FailedAttempt {
        begun: after(begun),
        ended: after(ended),
        provider: None,
        model: None,
        server: None,
        status,
        kind: kind.into(),
        message: "The upstream did not answer".into(),
    };
    let mut request = request();
    request.status = 429;
    request.ending = Ending::Failed {
        kind: "429".into(),
        message: "The upstream refused the request".into(),
        detail: Some("too many requests about \"the capital of France\"".into()),
    };
    request.failed_attempts = vec![attempt(20, 120, Some(503), "503"), attempt(130, 230, None, "timeout")];
    request.times.upstream_begun = Some(after(240));
    request.usage = Usage::default();
    request.cost = Cost::default();
    request.response.finish_reasons.clear();
    request.context = context("", "session_abc", &json!({ "trace_id": "incident", "span_name": "Second Pass" }));
    request
}

#[test]
fn failed_after_two_attempts() {
    assert_snapshot!(rendered(&failed(), Some(&small_content()), &TraceSettings::default()));
}

/// Two models were asked before the one that answered, each by its own provider.
#[test]
fn answered_by_the_fallback_of_two_models() {
    let mut request = CompletedRequest { failed_attempts: failed().failed_attempts, ..request() };
    for (attempt, (provider, server, model)) in request
        .failed_attempts
        .iter_mut()
        .zip([("openai", "api.openai.com", "gpt-4o"), ("anthropic", "api.anthropic.com", "claude-sonnet-4")])
    {
        attempt.provider = Some(provider.into());
        attempt.server = Some(server.into());
        attempt.model = Some(model.into());
    }
    request.times.upstream_begun = Some(after(240));
    request.response.provider = Some("local".into());
    request.response.routed_to = Some("DeepInfra".into());
    request.response.model = Some("llama-3.3".into());
    request.cost.source = Some(CostSource::Operator);
    assert_snapshot!(rendered(&request, Some(&small_content()), &TraceSettings::default()));
}

#[test]
fn privacy_mode() {
    let request = failed();
    let settings = TraceSettings::default();
    let text = rendered(&request, None, &settings);
    assert!(!text.contains("France") && !text.contains("messages"));
    assert_snapshot!(text);
}

#[test]
fn refused_before_the_upstream() {
    let mut request = request();
    request.status = 400;
    request.ending = Ending::Failed {
        kind: "invalid_request".into(),
        message: "`messages` must be an array of messages".into(),
        detail: None,
    };
    request.request_model = "".into();
    request.times.upstream_begun = None;
    request.times.upstream_ended = None;
    request.response = ResponseFacts::default();
    request.usage = Usage::default();
    request.cost = Cost::default();
    assert_snapshot!(rendered(&request, None, &TraceSettings::default()));
}

#[test]
fn request_that_was_given_up_before_a_model_was_asked_has_no_generation() {
    let mut request = CompletedRequest { ending: Ending::Cancelled, status: 499, ..request() };
    request.context = context("", "", &json!({ "span_name": "Second Pass" }));
    request.times.upstream_begun = None;
    assert_eq!(build(&request, None, &defaults()).spans.len(), 1);
    request.failed_attempts = failed().failed_attempts;
    assert_eq!(build(&request, None, &defaults()).spans.len(), 5, "a model was asked");
    let reported = CompletedRequest { ending: Ending::Completed, failed_attempts: Vec::new(), ..request };
    assert_eq!(build(&reported, None, &defaults()).spans.len(), 3, "answered, with unknown times");
}

#[test]
fn intermediate_span_has_the_status_of_its_generation() {
    let (failed, settings) = (failed(), defaults());
    let trace = build(&failed, None, &settings);
    assert_eq!(trace.spans[1].kind, super::SpanKind::Internal);
    assert!(trace.spans[1].error.is_some() && trace.spans[1].error == trace.spans[2].error);
}

#[test]
fn trace_of_a_connection_test_is_no_call_of_a_model() {
    let (request, settings) = (request(), defaults());
    let trace = super::build_test(&request, &settings);
    let text = render(&trace);
    assert_eq!(trace.spans.len(), 1);
    assert!(text.contains("sentry.op = \"default\"") && !text.contains("gen_ai"), "{text}");
}

#[test]
fn top_k_is_a_whole_number_or_left_out() {
    let of = |top_k| {
        let mut request = request();
        request.parameters.top_k = Some(top_k);
        rendered(&request, None, &defaults())
    };
    assert!(of(40.0).contains("gen_ai.request.top_k = 40\n"));
    assert!(!of(0.5).contains("top_k") && !of(f64::INFINITY).contains("top_k"));
}

#[test]
fn refused_request_says_how_many_it_stands_for() {
    let count = |refused| {
        let trace = rendered(&CompletedRequest { refused, ..request() }, None, &TraceSettings::default());
        trace
            .lines()
            .filter(|line| line.contains("tracecast.refused.count"))
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(count(None), "");
    assert!(count(Some(17)).ends_with("17"), "{}", count(Some(17)));
    assert_eq!(count(Some(17)).lines().count(), 1, "on the root alone");
}

#[test]
fn cancelled() {
    let mut request = CompletedRequest { ending: Ending::Cancelled, status: 499, streaming: true, ..request() };
    request.times.first_chunk = Some(after(320));
    request.times.upstream_ended = None;
    request.times.answered = after(700);
    request.response.finish_reasons.clear();
    request.usage = Usage::default();
    request.cost = Cost::default();
    assert_snapshot!(rendered(&request, Some(&small_content()), &TraceSettings::default()));
}

#[test]
fn remote_parent() {
    let trace = json!({ "trace_id": "4BF92F3577B34DA6A3CE929D0E0E4736", "parent_span_id": "00F067AA0BA902B7" });
    let request = CompletedRequest { context: context("u", "s", &trace), ..request() };
    assert_snapshot!(rendered(&request, None, &TraceSettings::default()));
}

#[test]
fn parent_that_is_no_span_id() {
    let request = CompletedRequest { context: context("u", "s", &json!({ "parent_span_id": "my-span" })), ..request() };
    assert_snapshot!(rendered(&request, None, &TraceSettings::default()));
}

/// Metadata of the greatest size, and more content than there is room for beside it.
fn oversized() -> (CompletedRequest<'static>, Content) {
    let metadata: Json =
        (0..70).map(|n| (format!("key{n:02}"), json!("v".repeat(9_000)))).collect::<serde_json::Map<_, _>>().into();
    let mut messages = vec![json!({ "role": "system", "content": "Be brief." })];
    messages.extend((0..12).map(|n| json!({ "role": "user", "content": format!("{n} {}", "ä".repeat(100_000)) })));
    let request = CompletedRequest { context: context("u", "s", &metadata), ..request() };
    (request, content(&messages.into(), &Json::Null, &[answer("done")]))
}

#[test]
fn oversized_content_and_metadata_are_cut() {
    let (request, content) = oversized();
    assert_snapshot!(rendered(&request, Some(&content), &TraceSettings::default()));
}

#[test]
fn clocks_that_go_backwards_give_spans_that_do_not() {
    let mut request = request();
    request.times.answered = UnixNanos(RECEIVED.0 - 1);
    request.times.upstream_begun = Some(after(5_000));
    let content = small_content();
    let read = content.as_borrowed();
    let settings = TraceSettings::default();
    let trace = build(&request, Some(&read), &settings);
    for span in &trace.spans {
        assert_eq!((span.start, span.end), (RECEIVED, RECEIVED));
    }
}

#[test]
fn parts_of_tokens_never_exceed_their_whole_and_numbers_are_finite() {
    let mut request = request();
    request.usage = Usage {
        input: Some(10),
        output: None,
        total: Some(u64::MAX),
        cache_read: Some(8),
        cache_creation: Some(8),
        reasoning: Some(5),
    };
    request.cost = Cost { total: Some(f64::NAN), input: Some(f64::INFINITY), output: Some(-0.0), ..Cost::default() };
    request.context.metadata = vec![("bad".into(), MetadataValue::Double(f64::NAN))];
    let text = rendered(&request, None, &TraceSettings::default());
    assert!(text.contains("gen_ai.usage.cache_read.input_tokens = 8"));
    assert!(text.contains("gen_ai.usage.cache_creation.input_tokens = 2"));
    assert!(text.contains(&format!("gen_ai.usage.total_tokens = {}", i64::MAX)));
    for absent in ["reasoning", "output_tokens = 5", "gen_ai.cost.total", "gen_ai.cost.input", "metadata.bad"] {
        assert!(!text.contains(absent), "{absent}");
    }
    request.usage = Usage { output: Some(4), cache_read: Some(11), ..request.usage };
    let text = rendered(&request, None, &TraceSettings::default());
    for clamped in ["cache_read.input_tokens = 10", "cache_creation.input_tokens = 0", "reasoning.output_tokens = 4"] {
        assert!(text.contains(clamped), "{clamped}: {text}");
    }
}

#[test]
fn unread_members_of_the_answer_are_named_on_the_generation_and_in_a_note() {
    let mut request = request();
    request.response.unread = vec!["hologram".into(), "smell".into()];
    let settings = TraceSettings::default();
    let text = rendered(&request, None, &settings);
    assert_eq!(text.matches("tracecast.response.unread = [\"hologram\", \"smell\"]").count(), 1, "{text}");
    let found = notes(&request, &build(&request, None, &settings), &settings);
    assert_eq!(found, [Note::AnswerUnread { names: vec!["hologram".to_owned(), "smell".to_owned()] }]);
}

#[test]
fn names_from_outside_are_cleaned_and_never_empty() {
    let mut request = request();
    request.request_model = format!("\u{7}{}", "m".repeat(10_000)).into();
    request.context = TraceContext { trace_name: Some(" \n ".into()), ..TraceContext::default() };
    let settings = TraceSettings::default();
    let trace = build(&request, None, &settings);
    for span in &trace.spans {
        let name = span.name.to_string();
        assert!(name.starts_with("chat mmm") && name.chars().count() <= 512);
    }
}

#[test]
fn a_hundred_failed_attempts_leave_room_for_the_rest() {
    let mut request = oversized().0;
    request.failed_attempts = vec![failed().failed_attempts.remove(0); 100];
    let settings = TraceSettings::default();
    let trace = build(&request, None, &settings);
    let shown = trace.spans.len() - 2;
    assert!((1..100).contains(&shown));
    assert_eq!(notes(&request, &trace, &settings).last(), Some(&Note::AttemptsLeftOut { count: 100 - shown }));
    assert!(trace.spans.last().unwrap().name.to_string().ends_with("100"));
    assert!(super::size::of(&trace.common) * trace.spans.len() < super::size::TRACE_BYTES);
}

#[test]
fn the_same_request_gives_the_same_trace() {
    let (request, content, settings) = (failed(), small_content(), defaults());
    let (one, two) = (content.as_borrowed(), content.as_borrowed());
    assert_eq!(build(&request, Some(&one), &settings), build(&request, Some(&two), &settings));
    assert!(!render(&build(&request, Some(&one), &settings)).is_empty());
}
