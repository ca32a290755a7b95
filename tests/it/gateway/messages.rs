//! `POST /messages` and `/messages/count_tokens`: what callers get, what the model server gets, and what is recorded.

use serde_json::{Value, json};

use super::server::{Server, client, got};
use super::upstream::{ModelServer, Script};

fn question() -> Value {
    json!({
        "model": "claude-sonnet-4-5", "max_tokens": 50, "system": "Be brief.",
        "messages": [{ "role": "user", "content": "Capital of France?" }],
        "metadata": { "user_id": "user_1" }, "session_id": "s-1", "trace": { "trace_name": "n" },
    })
}

fn streaming() -> Value {
    let mut question = question();
    question["stream"] = json!(true);
    question
}

fn message() -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-2025", "stop_reason": "end_turn",
        "stop_sequence": null, "content": [{ "type": "text", "text": "Paris it is." }],
        "usage": { "input_tokens": 4, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 8, "output_tokens": 9 },
    })
}

/// A stream that says `message()`.
fn stream() -> String {
    let mut begun = message();
    (begun["content"], begun["stop_reason"]) = (json!([]), Value::Null);
    let delta = |text: &str| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } });
    let events = [
        json!({ "type": "message_start", "message": begun }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "ping" }),
        delta("Paris "),
        delta("it is."),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 9 } }),
        json!({ "type": "message_stop" }),
    ];
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn messages_pass_as_they_are_and_are_recorded() {
    let upstream = ModelServer::start([Script::json(200, &message())]).await;
    let server = Server::before(&upstream.base_url).await;
    let request = client().post(format!("{}/v1/messages?beta=true", server.url)).bearer_auth(&server.key);
    let mut asking = question();
    asking["user"] = json!("user_2");
    let got = got(request.json(&asking)).await;
    assert_eq!((got.status, got.json()), (200, message()));

    let asked = &upstream.asked()[0];
    assert!(asked.head.starts_with("post /v1/messages?beta=true http"), "{}", asked.head);
    let mut passed = question();
    passed.as_object_mut().unwrap().retain(|key, _| !matches!(key.as_str(), "session_id" | "trace"));
    assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), passed);

    let record = server.record().await;
    assert_eq!((&record["operation"], &record["route"]), (&json!("chat"), &json!("/v1/messages")));
    assert_eq!((&record["ending"], &record["response"]["id"]), (&json!("completed"), &json!("msg_1")));
    assert_eq!(record["response"]["finish_reasons"], json!(["stop"]));
    assert_eq!(record["response"]["native_finish_reason"], "end_turn");
    let usage = &record["usage"];
    assert_eq!((&usage["input"], &usage["cache_read"], &usage["output"]), (&json!(12), &json!(8), &json!(9)));
    assert_eq!((&record["context"]["user"], &record["context"]["session_id"]), (&json!("user_2"), &json!("s-1")));
    assert_eq!(record["content"]["system_instructions"][0]["content"], "Be brief.");
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Paris it is.");
}

#[tokio::test]
async fn a_stream_of_messages_passes_untouched_and_is_recorded() {
    let upstream = ModelServer::start([Script::byte_by_byte(&stream())]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(server.asks_at("/messages", &streaming()).await.text, stream());
    let record = server.record().await;
    assert_eq!((&record["ending"], &record["streaming"]), (&json!("completed"), &json!(true)));
    assert!(record["times"]["first_chunk"].is_u64());
    assert_eq!((&record["context"]["user"], &record["usage"]["input"]), (&json!("user_1"), &json!(12)));
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Paris it is.");
}

#[tokio::test]
async fn a_stream_of_messages_that_is_cut_at_any_byte_is_told_right() {
    let text = stream();
    let finished = text.find("event: message_stop").unwrap();
    let cuts: Vec<usize> = (1..=text.len()).filter(|at| at % 7 == 0 || *at + 80 > finished).collect();
    let upstream = ModelServer::start(cuts.iter().map(|at| Script::stream().bytes(&text[..*at]).pause(1))).await;
    let server = Server::before(&upstream.base_url).await;
    for at in cuts {
        let got = server.asks_at("/messages", &streaming()).await;
        let record = server.record().await;
        let is_whole = at >= finished;
        assert_eq!(record["ending"] == "completed", is_whole, "cut at {at}: {:?}", record.0);
        let events = got.events();
        let last = events.last().unwrap();
        assert_eq!(last["type"], if is_whole { "message_stop" } else { "error" }, "cut at {at}: {}", got.text);
        assert!(is_whole || last["error"]["type"] == "api_error", "cut at {at}: {last}");
        let has_text = events.iter().any(|event| event["delta"]["text"] == "Paris ");
        assert_eq!(record["content"]["output"].to_string().contains("Paris "), has_text, "cut at {at}: {:?}", record.0);
    }
}

#[tokio::test]
async fn an_error_in_a_stream_of_messages_is_recorded_in_its_words() {
    let error = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let begun = stream().split("event: content_block_stop").next().unwrap().to_owned();
    let text = format!("{begun}event: error\ndata: {error}\n\n");
    let upstream = ModelServer::start([Script::stream().bytes(&text).end()]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(server.asks_at("/messages", &streaming()).await.text, text);
    let record = server.record().await;
    assert_eq!(record["ending"]["failed"]["detail"], "Overloaded");
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Paris it is.");
}

#[tokio::test]
async fn tokens_are_counted_by_the_model_server_and_not_recorded() {
    let upstream = ModelServer::start([Script::json(200, &json!({ "input_tokens": 12 }))]).await;
    let server = Server::before(&upstream.base_url).await;
    let counted = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
    let got = server.asks_at("/messages/count_tokens", &counted).await;
    assert_eq!((got.status, got.json()), (200, json!({ "input_tokens": 12 })));
    assert!(upstream.asked()[0].head.starts_with("post /v1/messages/count_tokens http"));
    assert_eq!(server.asks_at("/messages/count_tokens", &json!({ "messages": 7 })).await.status, 400);
    server.records_nothing().await;
}

#[tokio::test]
async fn a_model_server_without_messages_is_named() {
    let upstream = ModelServer::start([Script::whole(405, "text/html", "<html>")]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks_at("/messages", &question()).await;
    assert_eq!(got.status, 404);
    assert_eq!(got.json()["error"]["message"], "The model server of this model does not speak /messages.");
    assert_eq!(server.record().await["ending"]["failed"]["kind"], "405");
}

#[tokio::test]
async fn a_refused_message_keeps_what_can_be_read() {
    let server = Server::start().await;
    let body = json!({ "model": "m", "messages": [], "metadata": { "user_id": "u" } });
    let got = server.asks_at("/messages", &body).await;
    assert_eq!(got.status, 400);
    assert!(got.json()["error"]["message"].as_str().unwrap().contains("`max_tokens`"), "{}", got.text);
    let record = server.record().await;
    assert_eq!((&record["request_model"], &record["context"]["user"]), (&json!("m"), &json!("u")));
}
