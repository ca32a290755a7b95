//! Base addresses as people type them: with a slash too many, or wrong; and bodies, headers and versions of HTTP as odd clients
//! send them.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::server::{Server, client, got, question, question_with};
use crate::support::app::TestApp;

#[tokio::test]
async fn slashes_too_many_below_the_base_change_nothing() {
    let server = Server::start().await;
    for path in [
        "/api/v1//chat/completions",
        "/v1//chat/completions",
        "/api/v1/chat/completions/",
        "/v1/chat//completions/?beta=true",
    ] {
        let request = client().post(format!("{}{path}", server.url)).bearer_auth(&server.key);
        let answered = got(request.json(&question())).await;
        assert_eq!(answered.status, 200, "{path}: {}", answered.text);
        let route = if path.starts_with("/api") { "/api/v1/chat/completions" } else { "/v1/chat/completions" };
        assert_eq!(server.record().await["route"], route, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_base_is_told_the_right_one_and_not_with_a_page() {
    let app = TestApp::start().await;
    for (path, advice) in [
        ("/chat/completions", "/api/v1/chat/completions"),
        ("//v1/chat/completions", "/api/v1/chat/completions"),
        ("/api/chat/completions", "/api/v1/chat/completions"),
        ("/v1/v1/chat/completions/", "/api/v1/chat/completions"),
        ("/api/v1/v1/responses", "/api/v1/responses"),
        ("/openai/v1/embeddings", "/api/v1/embeddings"),
        ("/api/v1/v1/messages", "/api (or "),
    ] {
        let request = client().post(format!("{}{path}", app.url)).header("sec-fetch-site", "cross-site");
        let refused = got(request.body("{}")).await;
        assert_eq!((refused.status, refused.header("content-type")), (404, "application/json"), "{path}");
        let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("base address") && message.contains(advice), "{path}: {message}");
    }
    let models = got(client().get(format!("{}/models", app.url))).await;
    assert_eq!((models.status, models.header("content-type")), (404, "application/json"));
    let page = got(client().get(format!("{}/chat/completions", app.url))).await;
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
    app.stop().await;
}

#[tokio::test]
async fn byte_order_mark_before_a_body_is_passed_over() {
    let server = Server::start().await;
    let answered = server.posts(format!("\u{feff}{}", question())).await;
    assert_eq!(answered.status, 200, "{}", answered.text);
    assert_eq!(server.record().await["request_model"], "openai/gpt-4o");
}

#[tokio::test]
async fn session_is_named_by_the_body_or_by_the_first_header_that_is_set() {
    let server = Server::start().await;
    let all = [("x-session-id", "ours"), ("session-id", "codex"), ("x-claude-code-session-id", "claude")];
    for (first, expected) in [(0, "ours"), (1, "codex"), (2, "claude")] {
        let request =
            all[first..].iter().rev().fold(server.asking(), |request, (name, value)| request.header(*name, *value));
        assert_eq!(got(request.json(&question())).await.status, 200);
        assert_eq!(server.record().await["context"]["session_id"], expected);
    }
    let empty = server.asking().header("x-session-id", " ").header("session-id", "codex");
    assert_eq!(got(empty.json(&question())).await.status, 200);
    assert_eq!(server.record().await["context"]["session_id"], "codex");
    let both = server.asking().header("session-id", "codex").json(&question_with(&json!({ "session_id": "body" })));
    assert_eq!(got(both).await.status, 200);
    assert_eq!(server.record().await["context"]["session_id"], "body");
}

/// What a caller of HTTP/1.0 gets until the connection ends.
async fn by_old_http(server: &Server, body: &str) -> String {
    let address = server.url.trim_start_matches("http://");
    let head = format!(
        "POST /api/v1/chat/completions HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: keep-alive\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        server.key,
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await;
    read.expect("the end of the connection ends the answer").unwrap();
    answer
}

#[tokio::test]
async fn streamed_answer_to_http_1_0_has_no_chunk_sizes_and_ends_with_the_connection() {
    let server = Server::start().await;
    let answer = by_old_http(&server, &question_with(&json!({ "stream": true })).to_string()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200") && !head.to_lowercase().contains("transfer-encoding"), "{head}");
    assert!(body.starts_with("data: {") && body.ends_with("data: [DONE]\n\n") && !body.contains('\r'), "{body}");
    assert_eq!(server.record().await["ending"], "completed");
}
