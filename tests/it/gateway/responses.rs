//! `POST /responses`: what callers get, what the model server gets, and what is recorded.

use serde_json::{Value, json};

use super::server::{Server, client, got};
use super::upstream::{ModelServer, Script};

fn question() -> Value {
    json!({
        "model": "gpt-5", "instructions": "Be brief.", "input": [{ "role": "user", "content": "Capital of France?" }],
        "max_output_tokens": 50, "safety_identifier": "user_1", "session_id": "s-1", "trace": { "trace_name": "n" },
    })
}

fn streaming() -> Value {
    let mut question = question();
    question["stream"] = json!(true);
    question
}

fn response() -> Value {
    json!({
        "id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5-2025", "error": null,
        "output": [{ "id": "msg_1", "type": "message", "role": "assistant",
            "content": [{ "type": "output_text", "text": "Paris it is.", "annotations": [] }] }],
        "usage": { "input_tokens": 12, "input_tokens_details": { "cached_tokens": 8 }, "output_tokens": 9, "total_tokens": 21 },
    })
}

/// A stream that says `response()`.
fn stream() -> String {
    let begun = json!({ "id": "resp_1", "status": "in_progress", "model": "gpt-5-2025", "output": [], "usage": null });
    let delta = |text: &str| json!({ "type": "response.output_text.delta", "output_index": 0, "delta": text });
    let item = json!({ "type": "message", "role": "assistant", "content": [] });
    let events = [
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": item }),
        delta("Paris "),
        delta("it is."),
        json!({ "type": "response.completed", "response": response() }),
    ];
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn responses_pass_with_their_own_id_and_are_recorded() {
    let upstream = ModelServer::start([Script::json(200, &response())]).await;
    let prices = r#"{"gpt-5-2025":{"input":1.0,"output":10.0}}"#;
    let server = Server::with(&[("upstream-base-url", &upstream.base_url), ("prices", prices)]).await;
    let request = client().post(format!("{}/api/v1/responses?x=1", server.url)).bearer_auth(&server.key);
    let got = got(request.json(&question())).await;

    let asked = &upstream.asked()[0];
    assert!(asked.head.starts_with("post /v1/responses?x=1 http"), "{}", asked.head);
    let mut passed = question();
    passed.as_object_mut().unwrap().retain(|key, _| !matches!(key.as_str(), "session_id" | "trace"));
    assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), passed);

    let body = got.json();
    assert_eq!((got.status, &body["id"]), (200, &json!("resp_1")));
    assert!(body["usage"]["cost"].as_f64().unwrap() > 0.0);
    for key in ["completed_at", "frequency_penalty", "presence_penalty"] {
        assert_eq!(body.get(key), Some(&Value::Null), "{key}");
    }

    let record = server.record().await;
    assert_eq!((&record["operation"], &record["route"]), (&json!("chat"), &json!("/api/v1/responses")));
    assert_eq!((&record["ending"], &record["request_model"]), (&json!("completed"), &json!("gpt-5")));
    assert_eq!(record["response"]["id"], "resp_1");
    assert_eq!(record["response"]["finish_reasons"], json!(["stop"]));
    assert_eq!(record["parameters"]["max_tokens"], 50);
    assert_eq!((&record["usage"]["input"], &record["usage"]["cache_read"]), (&json!(12), &json!(8)));
    assert_eq!((&record["context"]["user"], &record["context"]["session_id"]), (&json!("user_1"), &json!("s-1")));
    assert_eq!(record["content"]["system_instructions"][0]["content"], "Be brief.");
    assert_eq!(record["content"]["input"][0]["parts"][0]["content"], "Capital of France?");
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Paris it is.");
}

#[tokio::test]
async fn responses_under_v1_stay_as_they_came() {
    let upstream = ModelServer::start([Script::json(200, &response())]).await;
    let server = Server::before(&upstream.base_url).await;
    let request = client().post(format!("{}/v1/responses", server.url)).bearer_auth(&server.key);
    assert_eq!(got(request.json(&question())).await.json(), response());
}

#[tokio::test]
async fn a_stream_of_responses_passes_its_events_and_is_recorded() {
    let upstream = ModelServer::start([Script::byte_by_byte(&stream())]).await;
    let server = Server::before(&upstream.base_url).await;
    let request = client().post(format!("{}/v1/responses", server.url)).bearer_auth(&server.key);
    assert_eq!(got(request.json(&streaming())).await.text, stream());
    let record = server.record().await;
    assert_eq!((&record["ending"], &record["streaming"]), (&json!("completed"), &json!(true)));
    assert!(record["times"]["first_chunk"].is_u64());
    assert_eq!(record["content"]["output"][0]["parts"][0]["content"], "Paris it is.");
    assert_eq!(record["usage"]["output"], 9);
}

#[tokio::test]
async fn a_stream_of_responses_that_is_cut_at_any_byte_is_told_right() {
    let text = stream();
    let last = text.find("event: response.completed").unwrap();
    // Each byte of a delta and of the end; in between, the bytes are alike.
    let cuts: Vec<usize> = (1..=text.len()).filter(|at| at % 7 == 0 || (last - 40..last + 40).contains(at)).collect();
    let upstream = ModelServer::start(cuts.iter().map(|at| Script::stream().bytes(&text[..*at]).pause(1))).await;
    let server = Server::before(&upstream.base_url).await;
    for at in cuts {
        let got = server.asks_at("/responses", &streaming()).await;
        let record = server.record().await;
        let is_whole = at >= text.len();
        assert_eq!(record["ending"] == "completed", is_whole, "cut at {at}: {:?}", record.0);
        let events = got.events();
        assert_eq!(
            events.iter().filter(|event| event["type"] == "error").count(),
            usize::from(!is_whole),
            "cut at {at}"
        );
        assert!(is_whole || events.last().unwrap()["error"]["message"].is_string(), "cut at {at}: {}", got.text);
        let has_text = events.iter().any(|event| event["delta"] == "Paris ");
        assert_eq!(record["content"]["output"].to_string().contains("Paris "), has_text, "cut at {at}: {:?}", record.0);
    }
}

#[tokio::test]
async fn a_model_server_without_responses_is_named() {
    let upstream = ModelServer::start([Script::json(404, &json!({ "detail": "Not Found" }))]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks_at("/responses", &question()).await;
    assert_eq!(got.status, 404);
    assert_eq!(got.error(), "The model server of this model does not speak /responses.");
    assert_eq!(server.record().await["ending"]["failed"]["message"], "The upstream does not speak /responses.");
}

#[tokio::test]
async fn a_refused_response_keeps_what_can_be_read() {
    let server = Server::start().await;
    let got = server.asks_at("/responses", &json!({ "model": "m", "input": 7, "safety_identifier": "u" })).await;
    assert_eq!((got.status, &got.json()["error"]["metadata"]["field"]), (400, &json!("input")));
    let record = server.record().await;
    assert_eq!((&record["request_model"], &record["context"]["user"]), (&json!("m"), &json!("u")));
}
