//! Answers of model servers that speak OpenAI's API in a dialect: what is recorded of them. The dialects themselves are
//! tested beside their reader.

use serde_json::{Value, json};

use super::server::{Record, Server, question, question_with};
use super::upstream::{ModelServer, Script};

/// What is recorded of a stream of these events.
async fn recorded(events: &[Value]) -> Record {
    let script = events.iter().fold(Script::stream(), Script::event).done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    server.asks(&question_with(&json!({ "stream": true }))).await;
    server.record().await
}

fn chunk(delta: &Value, finish_reason: &Value) -> Value {
    json!({ "id": "c", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }] })
}

#[tokio::test]
async fn stream_in_a_dialect_is_recorded_whole() {
    let call = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let mut first = chunk(&json!({ "reasoning": null, "reasoning_content": "hm", "smell": "roses" }), &json!(""));
    first["usage"] = json!({ "prompt_tokens": 7 });
    let mut last = chunk(&json!({ "tool_calls": [call("call_b")] }), &json!("tool_calls"));
    last["usage"] =
        json!({ "completion_tokens": 3, "total_tokens": 30, "cache_read_input_tokens": 20, "cost": "0.0021" });
    let record = recorded(&[first, chunk(&json!({ "tool_calls": [call("call_a")] }), &json!(null)), last]).await;
    assert_eq!(record["ending"], "completed");
    assert_eq!(record["response"]["finish_reasons"], json!(["tool_calls"]));
    assert_eq!(record["response"]["unread"], json!(["smell"]));
    assert_eq!(record["usage"], json!({ "input": 27, "output": 3, "total": 30, "cache_read": 20 }));
    assert_eq!(record["cost"], json!({ "total": 0.0021, "source": "upstream" }));
    let output = record["content"]["output"].to_string();
    assert!(["hm", "call_a", "call_b"].iter().all(|word| output.contains(word)), "{output}");
}

#[tokio::test]
async fn stream_that_breaks_after_empty_finish_reasons_has_failed() {
    let script = Script::stream().event(&chunk(&json!({ "content": "One" }), &json!(""))).end();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&question_with(&json!({ "stream": true }))).await;
    assert!(got.text.contains(r#""finish_reason":"error""#), "{}", got.text);
    assert_eq!(server.record().await["ending"]["failed"]["kind"], "stream_interrupted");
}

#[tokio::test]
async fn error_in_a_stream_is_recorded_with_its_words_in_every_shape() {
    for (error, kind, words) in [
        (json!({ "error": { "message": "queue is full", "code": 429 } }), "429", "queue is full"),
        (
            json!({ "error": "top_p must be below 1", "error_type": "validation" }),
            "upstream_error",
            "top_p must be below 1",
        ),
        (json!({ "object": "error", "message": "too long", "code": 400 }), "400", "too long"),
        (json!([{ "error": { "code": 503, "message": "overloaded", "status": "UNAVAILABLE" } }]), "503", "overloaded"),
    ] {
        let failed = &recorded(std::slice::from_ref(&error)).await["ending"]["failed"];
        assert_eq!((&failed["kind"], &failed["detail"]), (&json!(kind), &json!(words)), "{error}");
    }
}

#[tokio::test]
async fn list_of_errors_in_a_stream_reaches_the_caller_as_an_error() {
    let listed = json!([{ "error": { "code": 503, "message": "overloaded" } }]);
    let script = Script::stream().event(&chunk(&json!({ "content": "One" }), &json!(null))).event(&listed).done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&question_with(&json!({ "stream": true }))).await;
    let events = got.events();
    assert_eq!(events.last().unwrap()["error"]["message"], "overloaded", "{}", got.text);
    assert_eq!(events.last().unwrap()["choices"][0]["finish_reason"], "error");
    assert_eq!(server.record().await["content"]["output"][0]["parts"][0]["content"], "One");
}

#[tokio::test]
async fn refusal_keeps_its_words_in_every_shape() {
    for (status, error, words) in [
        (400, json!([{ "error": { "code": 400, "message": "Unknown name x" } }]), "Unknown name x"),
        (
            422,
            json!({ "object": "error", "message": { "detail": [{ "loc": ["body", "seed"], "msg": "Extra inputs" }] } }),
            "body.seed: Extra inputs",
        ),
        (
            422,
            json!({ "detail": [{ "loc": ["body", "messages"], "msg": "Field required" }] }),
            "body.messages: Field required",
        ),
    ] {
        let upstream = ModelServer::start([Script::json(status, &error)]).await;
        let server = Server::before(&upstream.base_url).await;
        let got = server.asks(&question()).await;
        assert_eq!((got.status, got.error().as_str()), (status, words));
        assert_eq!(server.record().await["ending"]["failed"]["detail"], words);
    }
}
