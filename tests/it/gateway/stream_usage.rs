//! Usage in streams: who gets it, in which chunk, and what happens where a model server does not know it.

use serde_json::{Value, json};

use super::server::{Server, question_with};
use super::upstream::{ModelServer, Script};

fn chunk(index: usize, content: &str, finish_reason: Option<&str>) -> Value {
    let choice = json!({ "index": index, "delta": { "content": content }, "finish_reason": finish_reason });
    json!({ "id": "c", "choices": [choice], "usage": null })
}

fn usage() -> Value {
    json!({ "id": "c", "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } })
}

/// Of a model that has no price in the public list, so that the usage passes as it came.
fn streaming() -> Value {
    question_with(&json!({ "model": "llama", "stream": true }))
}

fn wanting_usage() -> Value {
    question_with(&json!({ "model": "llama", "stream": true, "stream_options": { "include_usage": true } }))
}

#[tokio::test]
async fn usage_rides_on_the_last_chunk_for_a_caller_that_did_not_ask_for_it() {
    let script = Script::stream()
        .event(&chunk(0, "a", None))
        .event(&chunk(1, "b", Some("length")))
        .event(&chunk(0, "c", Some("stop")))
        .event(&usage())
        .done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let events = server.asks(&streaming()).await.events();
    let choices: Vec<_> =
        events.iter().map(|event| event["choices"][0]["delta"]["content"].as_str().unwrap()).collect();
    assert_eq!(choices, ["a", "b", "c"], "each passes once, in order");
    assert!(events[..2].iter().all(|event| event.get("usage").is_none()), "a null usage is left out");
    assert_eq!(events[2]["usage"], usage()["usage"]);
    assert_eq!(server.record().await["usage"]["output"], 2);

    let events = server.asks(&wanting_usage()).await.events();
    assert_eq!((events.len(), &events[3]["choices"], &events[3]["usage"]), (4, &json!([]), &usage()["usage"]));
    assert!(events[0].get("usage").is_some_and(Value::is_null), "who asked for usage gets it as it came");
}

#[tokio::test]
async fn a_last_chunk_whose_usage_does_not_come_goes_when_it_has_waited() {
    let script = Script::stream().event(&chunk(0, "a", Some("stop"))).pause(1_500).event(&usage()).done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let events = server.asks(&streaming()).await.events();
    assert_eq!(events[0]["choices"][0]["finish_reason"], "stop");
    assert_eq!((events.len(), &events[1]["choices"][0]["delta"]), (2, &json!({})), "no chunk is without a choice");
    assert_eq!(events[1]["usage"], usage()["usage"]);
}

#[tokio::test]
async fn the_provider_is_named_to_callers_of_the_long_base_only() {
    let script = Script::stream().event(&chunk(0, "a", Some("stop"))).done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(server.asks(&streaming()).await.events()[0]["provider"], "127.0.0.1");
    let short = super::server::client().post(format!("{}/v1/chat/completions", server.url)).bearer_auth(&server.key);
    let got = super::server::got(short.json(&streaming())).await;
    assert!(got.events()[0].get("provider").is_none(), "{}", got.text);
}

#[tokio::test]
async fn a_server_that_refuses_what_the_gateway_adds_is_asked_without_it_and_remembered() {
    let refusal =
        json!({ "object": "error", "message": { "detail": [{ "loc": ["body", "stream_options"], "msg": "Extra" }] } });
    let stream = Script::stream().event(&chunk(0, "a", Some("stop"))).done();
    let upstream = ModelServer::start([Script::json(422, &refusal), stream]).await;
    let server = Server::before(&upstream.base_url).await;
    for _ in 0..2 {
        let got = server.asks(&streaming()).await;
        assert_eq!((got.status, got.events().len()), (200, 1), "{}", got.text);
    }
    let bodies: Vec<bool> = upstream.asked().iter().map(|asked| asked.body.contains("stream_options")).collect();
    assert_eq!(bodies, [true, false, false], "the second request pays no more");
    let record = server.record().await;
    assert_eq!((&record["ending"], &record["failed_attempts"][0]["status"]), (&json!("completed"), &json!(422)));
    assert!(server.record().await.get("failed_attempts").is_none_or(|attempts| attempts == &json!([])));

    // A caller that wants it gets the refusal.
    let upstream = ModelServer::start([Script::json(422, &refusal)]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(server.asks(&wanting_usage()).await.status, 422);
    assert_eq!(upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_callers_own_mistake_is_not_sent_twice_where_the_server_is_known() {
    let mistake = json!({ "error": { "message": "The context is too long.", "code": "context_length_exceeded" } });
    let stream = Script::stream().event(&chunk(0, "a", Some("stop"))).done();
    let upstream = ModelServer::start([stream, Script::json(400, &mistake)]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(server.asks(&streaming()).await.status, 200);
    let got = server.asks(&streaming()).await;
    assert_eq!((got.status, got.error().as_str()), (400, "The context is too long."));
    assert_eq!(upstream.asked().len(), 2);
}
