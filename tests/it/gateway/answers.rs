//! Answers: whole and streamed, from `demo/echo` and from a model server.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::server::{Server, got, question, question_with};
use super::upstream::{ModelServer, Script};

fn metadata() -> Value {
    json!({
        "user": "user_12345",
        "session_id": "session_abc",
        "trace": {
            "trace_id": "incident_investigation_001",
            "trace_name": "Error Analysis Agent",
            "generation_name": "Analyze Stack Trace",
            "environment": "production",
            "release": "v2.1.0",
            "team": "payments",
        },
    })
}

fn answer() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-08-06",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Fixed." }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30,
            "prompt_tokens_details": { "cached_tokens": 4 }, "completion_tokens_details": { "reasoning_tokens": 3 } },
    })
}

fn chunk(delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024-08-06",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
    })
}

#[tokio::test]
async fn demo_echo_answers_where_no_upstream_is_configured() {
    let server = Server::start().await;
    let got = server.asks(&question_with(&metadata())).await;
    let body = got.json();
    assert_eq!((got.status, &body["model"]), (200, &json!("demo/echo")));
    assert_eq!(body["id"], got.header("x-generation-id"));
    assert!(body["choices"][0]["message"]["content"].as_str().unwrap().contains("demo/echo"));
    assert!(body["usage"]["cost"].as_f64().unwrap() > 0.0);

    let record = server.record().await;
    assert_eq!(record["id"], body["id"]);
    assert_eq!((&record["status"], &record["ending"]), (&json!(200), &json!("completed")));
    assert_eq!(record["request_model"], "openai/gpt-4o");
    assert_eq!(record["response"]["provider"], "tracecast");
    assert_eq!(record["response"]["finish_reasons"], json!(["stop"]));
    let context = &record["context"];
    assert_eq!((&context["user"], &context["session_id"]), (&json!("user_12345"), &json!("session_abc")));
    assert_eq!(context["trace_id"], "incident_investigation_001");
    assert_eq!(context["metadata"], json!([["team", "payments"]]));
    assert_eq!(record["usage"]["input"], body["usage"]["prompt_tokens"]);
    assert_eq!(record["cost"]["total"], body["usage"]["cost"]);
    assert!(record["content"].to_string().contains("Debug this error..."));
}

#[tokio::test]
async fn demo_echo_streams_and_is_recorded_with_its_words() {
    let server = Server::start().await;
    let got = server.asks(&question_with(&json!({ "stream": true }))).await;
    assert_eq!(got.header("content-type"), "text/event-stream");
    assert!(got.text.ends_with("data: [DONE]\n\n"));
    let events = got.events();
    assert!(events.iter().all(|event| event["id"] == got.header("x-generation-id")));
    assert!(events.last().unwrap()["usage"]["cost"].as_f64().is_some());

    let record = server.record().await;
    assert_eq!((&record["streaming"], &record["ending"]), (&json!(true), &json!("completed")));
    let times = &record["times"];
    let at = |name: &str| times[name].as_u64().unwrap_or_else(|| panic!("{name}: {times}"));
    assert!(at("received") <= at("upstream_begun") && at("upstream_begun") <= at("first_chunk"));
    assert!(at("first_chunk") < at("upstream_ended") && at("upstream_ended") <= at("answered"));
    assert!(record["content"]["output"].to_string().contains("You said: Debug this error..."));
}

#[tokio::test]
async fn the_upstream_gets_the_callers_bytes_without_ours() {
    let upstream = ModelServer::start([Script::json(200, &answer())]).await;
    let server = Server::before(&upstream.base_url).await;
    let body = r#"{"trace":{"a":1},"temperature":1.0,"model":"gpt-4o","messages":[ {"role":"user","content":"\u00e9"} ],
        "user":"u","session_id":"s","logit_bias":{"50256": -100}}"#;
    let request = server.asking().header("content-type", "application/json").body(body);
    let got =
        got(request.header("origin", "https://evil.example").header("cookie", "a=b").header("referer", "r")).await;
    assert_eq!(got.status, 200);
    let asked = upstream.asked().pop().unwrap();
    assert_eq!(
        asked.body,
        r#"{"temperature":1.0,"model":"gpt-4o","messages":[ {"role":"user","content":"\u00e9"} ],"user":"u","logit_bias":{"50256": -100}}"#
    );
    assert!(asked.head.starts_with("post /v1/chat/completions http/1.1"), "{}", asked.head);
    assert!(asked.head.contains("authorization: bearer sk-upstream"));
    for foreign in ["tck-inf", "origin", "cookie", "referer", "accept-encoding"] {
        assert!(!asked.head.contains(foreign), "{foreign}: {}", asked.head);
    }
}

#[tokio::test]
async fn an_answer_comes_back_with_our_id_and_the_cost_and_is_recorded_with_the_upstreams() {
    let upstream = ModelServer::start([Script::json(200, &answer())]).await;
    let prices = r#"{"openai/gpt-4o": {"input": 2.5, "output": 10}}"#;
    let server = Server::with(&[("upstream-base-url", &upstream.base_url), ("prices", prices)]).await;
    let got = server.asks(&question()).await;
    let mut expected = answer();
    expected["id"] = json!(got.header("x-generation-id"));
    expected["usage"]["cost"] = json!(0.00015);
    expected["provider"] = json!("127.0.0.1");
    assert_eq!(got.json(), expected);

    let record = server.record().await;
    assert_eq!(record["response"]["id"], "chatcmpl-1");
    assert_eq!(record["response"]["model"], "gpt-4o-2024-08-06");
    assert_eq!(record["response"]["provider"], "127.0.0.1");
    let usage = json!({ "input": 20, "output": 10, "total": 30, "cache_read": 4, "reasoning": 3 });
    assert_eq!(record["usage"], usage);
    let parts = json!({ "total": 0.00015, "input": 0.00005, "output": 0.0001, "cache_read": 0.00001, "reasoning": 0.00003,
                        "source": "operator" });
    assert_eq!(record["cost"], parts);
    assert!(record["times"]["upstream_ended"].is_u64());
}

#[tokio::test]
async fn a_stream_passes_event_by_event_as_it_comes() {
    let mut usage = chunk(&json!({}), None);
    usage["choices"] = json!([]);
    usage["usage"] = json!({ "prompt_tokens": 3, "completion_tokens": 2, "cost": 0.25 });
    let script = Script::stream()
        .bytes(": OPENROUTER PROCESSING\n\n")
        .pause(50)
        .event(&chunk(&json!({ "role": "assistant", "content": "Fi" }), None))
        .pause(400)
        .event(&chunk(&json!({ "content": "xed." }), None))
        .event(&chunk(&json!({}), Some("tool_use")))
        .event(&usage)
        .done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let question = question_with(&json!({ "stream": true, "stream_options": { "include_obfuscation": false } }));
    let response = server.asking().json(&question).send().await.unwrap();
    let id = response.headers()["x-generation-id"].to_str().unwrap().to_owned();
    let begun = Instant::now();
    let mut pieces = response.bytes_stream();
    let mut seen = Vec::new();
    while let Some(piece) = pieces.next().await {
        seen.push((begun.elapsed(), String::from_utf8(piece.unwrap().to_vec()).unwrap()));
    }
    let text: String = seen.iter().map(|(_, text)| text.as_str()).collect();
    assert!(text.starts_with(": OPENROUTER PROCESSING\n\ndata: {"), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n") && !text.contains("chatcmpl-1") && text.contains(&id));
    let first = seen.iter().find(|(_, text)| text.contains("Fi")).unwrap().0;
    let second = seen.iter().find(|(_, text)| text.contains("xed.")).unwrap().0;
    assert!(second.saturating_sub(first) > Duration::from_millis(300), "the first chunk did not wait for the second");

    let asked: Value = serde_json::from_str(&upstream.asked()[0].body).unwrap();
    assert_eq!(asked["stream_options"], json!({ "include_obfuscation": false, "include_usage": true }));
    let record = server.record().await;
    assert_eq!((&record["ending"], &record["cost"]["total"]), (&json!("completed"), &json!(0.25)));
    assert_eq!(record["response"]["finish_reasons"], json!(["tool_calls"]));
    assert_eq!(record["response"]["native_finish_reason"], "tool_use");
    assert!(record["content"]["output"].to_string().contains("Fixed."));
    let times = &record["times"];
    assert!(times["first_chunk"].as_u64() > times["upstream_begun"].as_u64());
}

#[tokio::test]
async fn headers_give_session_and_trace_where_the_body_does_not() {
    let server = Server::start().await;
    let request = server
        .asking()
        .header("x-session-id", "from-header")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    got(request.json(&question())).await;
    let context = server.record().await["context"].clone();
    assert_eq!(context["session_id"], "from-header");
    assert_eq!(context["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(context["parent_span_id"], "00f067aa0ba902b7");
}

#[tokio::test]
async fn header_of_sentrys_sdks_gives_the_trace_too() {
    let server = Server::start().await;
    let request = server.asking().header("sentry-trace", "771a43a4192642f0b136d5159a501700-b3db6ad3c1f84d12-1");
    let body = json!({ "model": "m", "messages": [], "reasoning_effort": "low", "trace": { "agent_name": "Planner" } });
    got(request.json(&body)).await;
    let record = server.record().await;
    let context = &record["context"];
    assert_eq!(context["trace_id"], "771a43a4192642f0b136d5159a501700");
    assert_eq!((&context["parent_span_id"], &context["agent_name"]), (&json!("b3db6ad3c1f84d12"), &json!("Planner")));
    assert_eq!(record["parameters"]["reasoning_level"], "low");
}

#[tokio::test]
async fn the_short_base_serves_too() {
    let server = Server::start().await;
    let request = super::server::client().post(format!("{}/v1/chat/completions", server.url));
    assert_eq!(got(request.bearer_auth(&server.key).json(&question())).await.status, 200);
    assert_eq!(server.record().await["route"], "/v1/chat/completions");
}

#[tokio::test]
async fn a_user_in_the_address_of_the_model_server_signs_in_there_unless_there_is_a_key() {
    let upstream = ModelServer::start([Script::json(200, &answer())]).await;
    let address = upstream.base_url.replace("http://", "http://ada:lovelace@");
    for settings in
        [&[("upstream-base-url", &*address)][..], &[("upstream-base-url", &address), ("upstream-api-key", "sk")]]
    {
        let server = Server::with(settings).await;
        assert_eq!(server.asks(&question()).await.status, 200);
    }
    let heads: Vec<String> = upstream.asked().into_iter().map(|asked| asked.head).collect();
    assert!(heads[0].contains("authorization: basic ywrhomxvdmvsywnl"), "{heads:?}");
    assert!(heads[1].contains("authorization: bearer sk") && !heads[1].contains("basic"), "{heads:?}");
}
