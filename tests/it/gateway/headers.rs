//! Headers that pass between caller and model server.

use serde_json::{Value, json};

use super::server::{Got, Server, got, question, question_with};
use super::upstream::{ModelServer, Script};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn answer() -> Value {
    let message = json!({ "role": "assistant", "content": "Fixed." });
    json!({ "id": "c", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] })
}

async fn asks_with(server: &Server, headers: &[(&str, &str)]) -> Got {
    let request = headers.iter().fold(server.asking(), |request, (name, value)| request.header(*name, *value));
    got(request.json(&question())).await
}

#[tokio::test]
async fn callers_headers_that_say_something_of_the_request_reach_the_model_server_and_no_others() {
    let upstream = ModelServer::start([Script::json(200, &answer())]).await;
    let server = Server::with(&[("upstream-base-url", &upstream.base_url), ("pass-headers", "X-Tenant")]).await;
    let passed = [
        ("http-referer", "https://app.example"),
        ("x-title", "app"),
        ("x-openrouter-categories", "cli"),
        ("openai-beta", "assistants=v2"),
        ("anthropic-version", "2024-01-01"),
        ("anthropic-beta", "tools"),
        ("idempotency-key", "k1"),
        ("x-tenant", "blue"),
    ];
    let others = [("cookie", "a=b"), ("baggage", "c=d"), ("x-other", "e"), ("referer", "f"), ("x-stainless-os", "g")];
    assert_eq!(asks_with(&server, &[&passed[..], &others].concat()).await.status, 200);
    let head = upstream.asked().pop().unwrap().head;
    for (name, value) in passed {
        assert!(head.contains(&format!("\r\n{name}: {value}")), "{name}: {head}");
    }
    for name in others.map(|(name, _)| name).into_iter().chain(["x-api-key", "authorization", "tck-inf"]) {
        assert!(!head.contains(&format!("\r\n{name}")), "{name}: {head}");
    }
}

#[tokio::test]
async fn model_server_learns_the_trace_and_the_generation_span() {
    let upstream = ModelServer::start([Script::json(200, &answer())]).await;
    let server = Server::before(&upstream.base_url).await;
    let traceparent = |head: &str| head.lines().find_map(|line| line.strip_prefix("traceparent: ")).map(str::to_owned);
    let got = asks_with(&server, &[("traceparent", &format!("00-{TRACE_ID}-00f067aa0ba902b7-01"))]).await;
    let id = tracecast::completed_request::GenerationId::given(got.header("x-generation-id").to_owned());
    let span = tracecast::trace::SpanId::generation(&id);
    assert_eq!(traceparent(&upstream.asked()[0].head).unwrap(), format!("00-{TRACE_ID}-{span}-01"));

    let got = server.asks(&question_with(&json!({ "trace": { "trace_id": "incident" } }))).await;
    let id = tracecast::completed_request::GenerationId::given(got.header("x-generation-id").to_owned());
    let trace = tracecast::trace::TraceId::of(Some("incident"), &id);
    assert!(traceparent(&upstream.asked()[1].head).unwrap().starts_with(&format!("00-{trace}-")));

    let server = Server::with(&[("upstream-base-url", &upstream.base_url), ("upstream-traceparent", "false")]).await;
    assert_eq!(asks_with(&server, &[("traceparent", &format!("00-{TRACE_ID}-00f067aa0ba902b7-01"))]).await.status, 200);
    assert_eq!(traceparent(&upstream.asked()[2].head), None);
}

#[tokio::test]
async fn limits_and_retry_headers_come_back_on_answers_streams_and_errors() {
    let sent = "retry-after: 7\r\nretry-after-ms: 6500\r\nx-should-retry: true\r\nx-ratelimit-remaining-requests: 3\r\n\
                anthropic-ratelimit-tokens-reset: soon\r\nopenai-processing-ms: 12\r\nset-cookie: a=b\r\nserver: vllm";
    let chunk = json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": "x" }, "finish_reason": "stop" }] });
    let stream = Script::stream_with_header(sent).event(&chunk).done();
    for (script, streaming, status) in [
        (Script::with_header(200, sent, &answer()), false, 200),
        (stream, true, 200),
        (Script::with_header(429, sent, &json!({})), false, 429),
    ] {
        let upstream = ModelServer::start([script]).await;
        let server = Server::before(&upstream.base_url).await;
        let got = server.asks(&question_with(&json!({ "stream": streaming }))).await;
        assert_eq!(got.status, status, "{}", got.text);
        for (name, value) in [
            ("retry-after", "7"),
            ("retry-after-ms", "6500"),
            ("x-should-retry", "true"),
            ("x-ratelimit-remaining-requests", "3"),
            ("anthropic-ratelimit-tokens-reset", "soon"),
            ("openai-processing-ms", "12"),
        ] {
            assert_eq!(got.header(name), value, "{status}: {name}");
        }
        assert!(!got.headers.contains_key("set-cookie") && got.header("server") != "vllm");
    }
}
