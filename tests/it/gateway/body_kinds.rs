//! Answers that are not what their labels say: what they are is seen in their bytes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};

use super::server::{Got, Server, begun, question, question_with};
use super::upstream::{ModelServer, Script};

fn answer() -> Value {
    let message = json!({ "role": "assistant", "content": "Fixed." });
    json!({ "id": "c", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] })
}

fn chunk(content: &str, finish_reason: Option<&str>) -> Value {
    json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": finish_reason }] })
}

fn streaming() -> Value {
    question_with(&json!({ "stream": true }))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What a caller gets for a question, and how the request is recorded.
async fn asked(script: Script, question: &Value) -> (Got, Value) {
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(question).await;
    let record = server.record().await;
    (got, record.0)
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_for_the_caller_and_in_the_record() {
    let page = Script::whole(200, "text/html", "<!DOCTYPE html><title>Sign in</title>");
    let error = json!({ "error": { "message": "The engine is full.", "code": 429 } });
    for (script, kind, words) in [
        (page.clone(), "web_page", "web page"),
        (Script::whole(200, "application/json", ""), "empty_answer", "empty"),
        (Script::whole(204, "application/json", " \n"), "empty_answer", "empty"),
        (Script::whole(200, "text/plain", "hello"), "no_answer", "no answer of a model"),
        (Script::whole(200, "application/json", "{\"choices\": [{"), "no_answer", "no answer of a model"),
        (Script::whole(200, "application/json", "{\"ok\": true}"), "no_answer", "no answer of a model"),
        (Script::json(200, &error), "429", "The engine is full."),
        (Script::json(200, &json!({ "choices": null, "error": "Full." })), "upstream_error", "Full."),
    ] {
        for question in [question(), streaming()] {
            let (got, record) = asked(script.clone(), &question).await;
            assert_eq!(got.status, 502, "{kind}: {}", got.text);
            assert!(got.error().contains(words), "{}", got.text);
            assert_eq!((&record["status"], &record["ending"]["failed"]["kind"]), (&json!(502), &json!(kind)));
        }
    }
}

#[tokio::test]
async fn a_whole_answer_to_a_question_for_a_stream_stays_whole_and_keeps_its_status() {
    let script = Script::whole(201, "text/plain", &answer().to_string());
    let (got, record) = asked(script, &streaming()).await;
    assert_eq!((got.status, got.header("content-type")), (201, "application/json"));
    assert_eq!(got.json()["choices"], answer()["choices"]);
    assert_eq!((&record["status"], &record["ending"]), (&json!(201), &json!("completed")));

    // Nor does a wrong label make a stream of it.
    let (got, record) = asked(Script::whole(200, "text/event-stream", &answer().to_string()), &question()).await;
    assert_eq!((got.header("content-type"), &got.json()["choices"]), ("application/json", &answer()["choices"]));
    assert_eq!(record["streaming"], false);
}

#[tokio::test]
async fn events_that_nobody_asked_for_pass_as_they_are() {
    let script = Script::stream().event(&chunk("Fixed.", Some("stop"))).done();
    let (got, record) = asked(script, &question()).await;
    assert_eq!(got.events()[0]["choices"][0]["delta"]["content"], "Fixed.");
    assert_eq!((&record["streaming"], &record["ending"]), (&json!(true), &json!("completed")));
}

#[tokio::test]
async fn events_pass_at_once_whatever_their_label() {
    for content_type in ["text/plain; charset=utf-8", "application/json", "text/event-stream"] {
        let script = Script::begin(200, content_type).event(&chunk("Fixed", None)).then_silence();
        let upstream = ModelServer::start([script]).await;
        let server = Server::before(&upstream.base_url).await;
        let (label, first) = begun(server.asking().json(&streaming())).await;
        assert!(label.starts_with("text/event-stream"), "{label}");
        assert!(first.starts_with("data: {") && first.ends_with("\n\n"), "{content_type}: {first:?}");
    }
    let script = Script::begin(200, "text/plain").event(&chunk("Fixed.", Some("stop"))).done();
    let (_, record) = asked(script, &streaming()).await;
    assert!(record["content"]["output"].to_string().contains("Fixed."));
    assert_eq!((&record["ending"], &record["streaming"]), (&json!("completed"), &json!(true)));
}

#[tokio::test]
async fn a_body_that_was_promised_as_events_and_is_none_ends_with_an_error_event() {
    for (body, kind) in [("", "empty_answer"), ("<html>", "web_page"), ("data: not json\n\n", "no_answer")] {
        let script = if body.is_empty() { Script::stream() } else { Script::stream().bytes(body) };
        let (got, record) = asked(script.end(), &streaming()).await;
        let last: Value = serde_json::from_str(got.text.trim_end().rsplit("data: ").next().unwrap()).unwrap();
        assert_eq!((got.status, &last["choices"][0]["finish_reason"]), (200, &json!("error")), "{}", got.text);
        assert_eq!(record["ending"]["failed"]["kind"], kind);
    }
}

#[tokio::test]
async fn a_stream_in_which_nothing_is_understood_is_no_answer() {
    let script = Script::stream().bytes("event: ping\ndata: not json\n\ndata: [1]\r\n\r\n").done();
    let (got, record) = asked(script, &streaming()).await;
    // What is no chunk passes as it is.
    assert!(got.text.starts_with("event: ping\ndata: not json\n\ndata: [1]\r\n\r\ndata: {"), "{}", got.text);
    assert!(got.text.contains("\"finish_reason\":\"error\"") && got.text.ends_with("data: [DONE]\n\n"), "{}", got.text);
    assert_eq!(record["ending"]["failed"]["kind"], "no_answer");
}

#[tokio::test]
async fn compressed_answers_that_nobody_asked_for_are_inflated() {
    let text = answer().to_string();
    for (headers, body) in [
        ("content-encoding: gzip\r\n", gzip(&text)),
        ("", gzip(&text)),
        ("content-encoding: deflate\r\n", zlib(&text)),
        ("content-encoding: gzip\r\n", text.clone().into_bytes()),
    ] {
        let (got, record) = asked(Script::encoded(200, "application/json", headers, &body), &question()).await;
        assert_eq!((got.status, got.header("content-encoding")), (200, ""));
        assert_eq!(got.json()["choices"], answer()["choices"], "{headers}");
        assert!(record["content"]["output"].to_string().contains("Fixed."));
    }
    let stream = format!("data: {}\n\ndata: [DONE]\n\n", chunk("Fixed.", Some("stop")));
    let script = Script::encoded(200, "text/event-stream", "content-encoding: gzip\r\n", &gzip(&stream));
    let (got, record) = asked(script, &streaming()).await;
    assert_eq!(got.events()[0]["choices"][0]["delta"]["content"], "Fixed.");
    assert_eq!(record["ending"], "completed");
    let error = gzip(&json!({ "error": { "message": "No such model." } }).to_string());
    let refusal = Script::encoded(404, "application/json", "content-encoding: gzip\r\n", &error);
    assert_eq!(asked(refusal, &question()).await.0.error(), "No such model.");
}

#[tokio::test]
async fn an_answer_that_cannot_be_inflated_is_an_error_that_says_so() {
    let script = Script::encoded(200, "application/json", "content-encoding: br\r\n", b"\x0b\x02\x80hello\x03");
    let (got, record) = asked(script, &question()).await;
    assert!(got.status == 502 && got.error().contains("compressed"), "{}", got.text);
    assert_eq!(record["ending"]["failed"]["kind"], "unreadable_encoding");
}

#[tokio::test]
async fn empty_lines_before_an_answer_pass_at_once() {
    let script = Script::begin(200, "application/json").bytes("\n").then_silence();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(begun(server.asking().json(&question())).await.1, "\n");

    let text = answer().to_string();
    let script = Script::begin(200, "application/json").bytes("\n").pause(20).bytes("\n").bytes(&text).end();
    let (got, record) = asked(script, &question()).await;
    assert!(got.text.starts_with("\n\n{"), "{}", got.text);
    assert_eq!((got.status, &got.json()["id"]), (200, &json!(got.header("x-generation-id"))));
    assert_eq!(record["ending"], "completed");

    let script = Script::begin(200, "application/json").bytes("\n").pause(20).bytes("<html>").end();
    let (got, record) = asked(script, &question()).await;
    assert_eq!((got.status, &got.json()["error"]["code"]), (200, &json!(502)), "the status has gone");
    assert_eq!(record["ending"]["failed"]["kind"], "web_page");
}

#[tokio::test]
async fn an_answer_that_is_no_utf8_is_repaired() {
    let body =
        b"{\"choices\":[{\"index\":0,\"message\":{\"content\":\"caf\xe9 au lait\"},\"finish_reason\":\"stop\"}]}";
    let (got, record) = asked(Script::encoded(200, "application/json", "", body), &question()).await;
    assert_eq!(got.json()["choices"][0]["message"]["content"], "caf\u{fffd} au lait");
    assert!(record["content"]["output"].to_string().contains("au lait"));
}
