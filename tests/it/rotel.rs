//! Our export, as a foreign collector decodes it: names, identifiers, parents and attributes arrive as they were meant.

use std::collections::BTreeMap;

use serde_json::json;
use tracecast::clock::{Clock, UnixNanos};
use tracecast::completed_request::content::ContentRef;
use tracecast::completed_request::{
    CompletedRequest, Cost, Ending, FailedAttempt, GenerationId, MetadataValue, Operation, Parameters, ResponseFacts,
    Times, TraceContext, Usage,
};
use tracecast::otlp::{Encode as _, Gzip, Protobuf, Resource};
use tracecast::trace::{Dialect, Span, SpanKind, Trace, TraceSettings, Value, build};

use crate::support::http::client;
use crate::support::rotel::{PrintedSpan, Rotel};

/// A request with everything: metadata of each type, a failed attempt, content, a remote parent.
pub(crate) fn request() -> CompletedRequest<'static> {
    let received = Clock::System.unix_nanos();
    let after = |milliseconds: u64| UnixNanos(received.0 + milliseconds * 1_000_000);
    CompletedRequest {
        id: GenerationId::given("gen-1788612885-hFm6Av9rEF3NMfxjJXWk"),
        operation: Operation::Chat,
        route: "/api/v1/chat/completions".into(),
        times: Times {
            received,
            answered: after(1_417),
            upstream_begun: Some(after(21)),
            first_chunk: Some(after(300)),
            upstream_ended: Some(after(1_410)),
        },
        status: 200,
        ending: Ending::Completed,
        streaming: true,
        api_key: None,
        api_key_name: None,
        api_key_member: None,
        context: TraceContext {
            user: Some("user_12345".into()),
            session_id: Some("session_abc".into()),
            trace_id: Some("incident_investigation_001".into()),
            parent_span_id: Some("00f067aa0ba902b7".into()),
            trace_name: Some("Error Analysis Agent – Ünïcode 🦀".into()),
            span_name: Some("Look into the incident".into()),
            generation_name: Some("Analyze Stack Trace".into()),
            environment: Some("production".into()),
            release: Some("v2.1.0".into()),
            metadata: vec![
                ("team".into(), MetadataValue::Text("red".into())),
                ("attempt".into(), MetadataValue::Int(-3)),
                ("score".into(), MetadataValue::Double(0.25)),
                ("retried".into(), MetadataValue::Bool(true)),
            ],
            metadata_left_out: 0,
            ..TraceContext::default()
        },
        request_model: "openai/gpt-4o".into(),
        parameters: Parameters {
            temperature: Some(0.5),
            max_tokens: Some(300),
            stop_sequences: vec!["END".into(), "STOP".into()],
            ..Parameters::default()
        },
        response: ResponseFacts {
            provider: Some("openai".into()),
            model: Some("gpt-4o-2024-08-06".into()),
            finish_reasons: vec!["stop".into()],
            ..ResponseFacts::default()
        },
        usage: Usage { input: Some(412), output: Some(87), total: Some(499), ..Usage::default() },
        cost: Cost { total: Some(0.00412), ..Cost::default() },
        failed_attempts: vec![attempt(after(1), after(20))],
        refused: None,
    }
}

fn attempt(begun: UnixNanos, ended: UnixNanos) -> FailedAttempt<'static> {
    FailedAttempt {
        begun,
        ended,
        provider: None,
        model: None,
        server: None,
        status: Some(503),
        kind: "503".into(),
        message: "the upstream is overloaded".into(),
    }
}

fn expected(trace: &Trace<'_>, span: &Span<'_>) -> PrintedSpan {
    let attributes = [&span.attributes, &trace.common, &span.added, &trace.added].into_iter().flatten();
    let error = span.error.as_ref();
    PrintedSpan {
        trace_id: hex::encode(trace.trace_id.to_bytes()),
        parent_id: span.parent.map(|id| hex::encode(id.to_bytes())).unwrap_or_default(),
        id: hex::encode(span.id.to_bytes()),
        name: span.name.to_string(),
        kind: kind(span.kind).to_owned(),
        start: span.start.0.to_string(),
        end: span.end.0.to_string(),
        status: if error.is_some() { "STATUS_CODE_ERROR" } else { "" }.to_owned(),
        message: error.map(ToString::to_string).unwrap_or_default(),
        attributes: attributes.map(|it| (it.key.to_string(), printed(&it.value))).collect(),
        resource: BTreeMap::new(),
        scope: String::new(),
    }
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "SPAN_KIND_INTERNAL",
        SpanKind::Server => "SPAN_KIND_SERVER",
        SpanKind::Client => "SPAN_KIND_CLIENT",
    }
}

fn printed(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("Str({text})"),
        Value::Bool(yes) => format!("Bool({yes})"),
        Value::Int(number) => format!("Int({number})"),
        Value::Double(number) => format!("Double({number})"),
        Value::Texts(texts) => {
            format!("Slice({})", texts.iter().map(|text| format!("Str({text})")).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Sends one trace as the exporter does, and gives back what the collector decoded of it.
async fn sent(rotel: &Rotel, trace: &Trace<'_>, before: usize) -> Vec<PrintedSpan> {
    let mut encoder = Protobuf::new(&Resource::new("tracecast-test"));
    encoder.push(trace);
    let mut body = Vec::new();
    Gzip::new().compress(encoder.finish(), &mut body);
    let post = client().post(rotel.endpoint()).header("content-type", "application/x-protobuf");
    let answer = post.header("content-encoding", "gzip").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    rotel.spans(before + trace.spans.len()).await.split_off(before)
}

#[tokio::test]
async fn a_foreign_collector_decodes_our_export_as_it_was_meant() {
    let Some(rotel) = Rotel::start() else { return };
    let recorded = request();
    let content = json!({
        "input": [{ "role": "user", "parts": [{ "type": "text", "content": "Debug this error…" }] }],
        "output": [{ "role": "assistant", "parts": [{ "type": "text", "content": "It is a \"deadlock\"." }] }],
    });
    let content = content.to_string();
    let content = ContentRef::from_bytes(content.as_bytes()).unwrap();
    let mut before = 0;
    for (dialect, content) in [
        (Dialect::Sentry, Some(&content)),
        (Dialect::Plain, Some(&content)),
        (Dialect::Plain, None),
        (Dialect::OpenInference, Some(&content)),
        (Dialect::Langfuse, Some(&content)),
    ] {
        let settings = TraceSettings { dialect, ..TraceSettings::default() };
        let trace = build(&recorded, content, &settings);
        let decoded = sent(&rotel, &trace, before).await;
        assert_eq!(decoded.len(), 4, "root, intermediate span, generation, failed attempt");
        before += decoded.len();
        assert_eq!(decoded.iter().any(|span| span.attributes.contains_key("gen_ai.input.messages")), content.is_some());
        for (decoded, span) in decoded.into_iter().zip(&trace.spans) {
            assert_eq!(decoded.resource["service.name"], "Str(tracecast-test)");
            assert!(decoded.scope.starts_with("tracecast "), "{}", decoded.scope);
            let comparable = PrintedSpan { resource: BTreeMap::new(), scope: String::new(), ..decoded };
            assert_eq!(comparable, expected(&trace, span));
        }
    }
}
