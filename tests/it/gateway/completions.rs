//! `POST /completions`: what callers get, what the model server gets, and what is recorded.

use serde_json::{Value, json};

use super::server::Server;
use super::upstream::{ModelServer, Script};

fn answer(text: &str, finish_reason: Option<&str>) -> Value {
    json!({
        "id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m-1",
        "choices": [{ "text": text, "index": 0, "logprobs": null, "finish_reason": finish_reason }],
    })
}

fn question(stream: bool) -> Value {
    json!({ "model": "m", "prompt": "Capital of France?", "max_tokens": 5, "stream": stream, "trace": {} })
}

#[tokio::test]
async fn completions_pass_and_are_recorded() {
    let mut whole = answer("Paris.", Some("stop"));
    whole["usage"] = json!({ "prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6 });
    let upstream = ModelServer::start([Script::json(200, &whole)]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks_at("/completions", &question(false)).await;
    let body = got.json();
    assert_eq!((got.status, &body["id"]), (200, &json!(got.header("x-generation-id"))));
    assert_eq!(body["choices"], whole["choices"]);
    assert!(!upstream.asked()[0].body.contains("trace"));

    let record = server.record().await;
    assert_eq!((&record["operation"], &record["ending"]), (&json!("text_completion"), &json!("completed")));
    assert_eq!((&record["parameters"]["max_tokens"], &record["usage"]["output"]), (&json!(5), &json!(2)));
    assert_eq!(record["content"]["input"][0]["parts"][0]["content"], "Capital of France?");
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Paris.");
}

#[tokio::test]
async fn a_stream_of_completions_carries_its_usage_on_the_last_choice() {
    let usage = json!({ "id": "cmpl-1", "choices": [], "usage": { "prompt_tokens": 4, "completion_tokens": 2 } });
    let script = Script::stream().event(&answer("Par", None)).event(&answer("is.", Some("stop"))).event(&usage).done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks_at("/completions", &question(true)).await;
    let events = got.events();
    assert_eq!(events.len(), 2, "{}", got.text);
    assert_eq!(events[1]["usage"]["completion_tokens"], 2);
    assert!(got.text.ends_with("data: [DONE]\n\n"));
    assert!(upstream.asked()[0].body.contains(r#""stream_options":{"include_usage":true}"#));
    let record = server.record().await;
    assert_eq!((&record["ending"], &record["usage"]["output"]), (&json!("completed"), &json!(2)));
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Paris.");
}

#[tokio::test]
async fn a_stream_of_completions_that_breaks_off_ends_with_an_error() {
    let upstream = ModelServer::start([Script::stream().event(&answer("Par", None)).pause(1)]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks_at("/completions", &question(true)).await;
    let last = got.events().pop().unwrap();
    assert_eq!((&last["object"], &last["choices"][0]["finish_reason"]), (&json!("text_completion"), &json!("error")));
    let record = server.record().await;
    assert_eq!(record["ending"]["failed"]["kind"], "stream_interrupted");
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Par");
}

#[tokio::test]
async fn a_prompt_that_is_none_is_refused() {
    let server = Server::start().await;
    let got = server.asks_at("/completions", &json!({ "model": "m", "prompt": {} })).await;
    assert_eq!((got.status, &got.json()["error"]["metadata"]["field"]), (400, &json!("prompt")));
}
