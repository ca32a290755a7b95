//! Callers that go away: the model server is let go, and the request is recorded as cancelled.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::server::{Server, question, question_with};
use super::upstream::{ModelServer, Script};

fn event(content: &str, finish_reason: Option<&str>) -> serde_json::Value {
    json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": finish_reason }] })
}

#[tokio::test]
async fn a_caller_that_leaves_before_the_answer_is_recorded_as_cancelled() {
    let upstream = ModelServer::start([Script::silence()]).await;
    let server = Server::before(&upstream.base_url).await;
    let caller = tokio::spawn(server.asking().json(&question()).send());
    upstream.has_been_asked().await;
    caller.abort();
    upstream.hung_up().await;
    let record = server.record().await;
    assert_eq!((&record["status"], &record["ending"]), (&json!(499), &json!("cancelled")));
    assert_eq!(record["request_model"], "openai/gpt-4o");
}

#[tokio::test]
async fn a_caller_that_leaves_a_stream_is_recorded_with_what_had_come() {
    let script = Script::stream().event(&event("Half an", None)).then_silence();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let response = server.asking().json(&question_with(&json!({ "stream": true }))).send().await.unwrap();
    let mut pieces = response.bytes_stream();
    pieces.next().await.unwrap().unwrap();
    drop(pieces);
    upstream.hung_up().await;
    let record = server.record().await;
    assert_eq!((&record["status"], &record["ending"]), (&json!(200), &json!("cancelled")));
    assert!(record["content"]["output"].to_string().contains("Half an"));
}

#[tokio::test]
async fn a_caller_that_leaves_after_the_finish_reason_has_the_whole_answer() {
    let script = Script::stream().event(&event("All.", Some("stop"))).then_silence();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let response = server.asking().json(&question_with(&json!({ "stream": true }))).send().await.unwrap();
    let mut pieces = response.bytes_stream();
    pieces.next().await.unwrap().unwrap();
    drop(pieces);
    assert_eq!(server.record().await["ending"], "completed");
}

#[tokio::test]
async fn a_caller_that_leaves_in_the_middle_of_its_body_is_recorded_as_cancelled() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "POST /api/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{\"mod",
        server.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(stream);
    let record = server.record().await;
    assert_eq!((&record["status"], &record["ending"]), (&json!(499), &json!("cancelled")));
}
