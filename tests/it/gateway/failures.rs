//! A model server that fails: what the caller is told, what is tried again, what is recorded.

use serde_json::json;

use super::server::{Server, question, question_with};
use super::upstream::{ModelServer, Script};

fn answer() -> Script {
    let message = json!({ "role": "assistant", "content": "Fixed." });
    Script::json(200, &json!({ "id": "c", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] }))
}

fn event(content: &str) -> serde_json::Value {
    json!({ "id": "c", "model": "m-1", "choices": [{ "index": 0, "delta": { "content": content } }] })
}

#[tokio::test]
async fn an_upstreams_refusal_keeps_its_status_and_words() {
    let error = json!({ "error": { "message": "Too many.", "type": "requests", "code": "rate_limit_exceeded" } });
    let upstream = ModelServer::start([Script::with_header(429, "retry-after: 7", &error)]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&question()).await;
    assert_eq!((got.status, got.error().as_str()), (429, "Too many."));
    assert_eq!(got.header("retry-after"), "7");
    assert_eq!(got.json()["error"]["metadata"]["upstream"]["code"], "rate_limit_exceeded");
    assert_eq!(upstream.asked().len(), 1);

    let record = server.record().await;
    assert_eq!((&record["status"], &record["id"]), (&json!(429), &json!(got.header("x-generation-id"))));
    let failed = &record["ending"]["failed"];
    assert_eq!((&failed["kind"], &failed["detail"]), (&json!("429"), &json!("Too many.")));
}

#[tokio::test]
async fn a_server_that_is_away_for_a_moment_is_asked_a_second_time() {
    for first in [Script::json(503, &json!({})), Script::reset()] {
        let upstream = ModelServer::start([first, answer()]).await;
        let server = Server::before(&upstream.base_url).await;
        assert_eq!(server.asks(&question()).await.status, 200);
        assert_eq!(upstream.asked().len(), 2);
        let record = server.record().await;
        assert_eq!(record["ending"], "completed");
        let attempts = record["failed_attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 1);
        assert!(attempts[0]["ended"].as_u64() <= record["times"]["upstream_begun"].as_u64());
    }
}

#[tokio::test]
async fn a_server_that_stays_away_is_asked_twice_and_no_more() {
    let upstream = ModelServer::start([Script::json(502, &json!({ "error": { "message": "Bad." } }))]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&question()).await;
    assert_eq!((got.status, got.error().as_str()), (502, "Bad."));
    assert_eq!(upstream.asked().len(), 2);
    let record = server.record().await;
    assert_eq!(record["failed_attempts"][0]["status"], 502);
    assert_eq!(record["ending"]["failed"]["kind"], "502");
}

#[tokio::test]
async fn an_upstream_that_nobody_listens_at_gives_a_sentence() {
    let server = Server::before("http://127.0.0.1:9/v1").await;
    let got = server.asks(&question()).await;
    assert_eq!(got.status, 502);
    assert!(got.error().contains("could not be reached"));
    assert_eq!(server.record().await["ending"]["failed"]["kind"], "connection_error");
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_chunk() {
    let cut = Script::stream().event(&event("Hal")).bytes("data: {\"id\":\"c\",\"cho").pause(20);
    let ended_early = Script::stream().event(&event("Hal")).end();
    for script in [cut, ended_early] {
        let upstream = ModelServer::start([script]).await;
        let server = Server::before(&upstream.base_url).await;
        let got = server.asks(&question_with(&json!({ "stream": true }))).await;
        assert_eq!(got.status, 200);
        let last = got.text.trim_end().rsplit("\n\n").next().unwrap();
        let last: serde_json::Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!((&last["choices"][0]["finish_reason"], &last["model"]), (&json!("error"), &json!("m-1")));
        assert_eq!((&last["id"], &last["error"]["code"]), (&json!(got.header("x-generation-id")), &json!(502)));

        let record = server.record().await;
        assert_eq!(record["ending"]["failed"]["kind"], "stream_interrupted");
        assert!(record["content"]["output"].to_string().contains("Hal"));
    }
}

#[tokio::test]
async fn an_error_inside_the_stream_passes_and_is_recorded() {
    let script = Script::stream()
        .event(&event("Hal"))
        .event(&json!({ "id": "c", "error": { "code": 529, "message": "Overloaded." },
            "choices": [{ "index": 0, "delta": {}, "finish_reason": "error" }] }))
        .done();
    let upstream = ModelServer::start([script]).await;
    let server = Server::before(&upstream.base_url).await;
    let got = server.asks(&question_with(&json!({ "stream": true }))).await;
    assert!(got.text.contains("Overloaded.") && got.text.ends_with("data: [DONE]\n\n"));
    let failed = &server.record().await["ending"]["failed"];
    assert_eq!((&failed["kind"], &failed["detail"]), (&json!("529"), &json!("Overloaded.")));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let redirect = Script::with_header(307, "location: http://127.0.0.1:9/elsewhere", &json!({}));
    let upstream = ModelServer::start([redirect]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(server.asks(&question()).await.status, 502);
    assert_eq!(upstream.asked().len(), 1);
    assert_eq!(server.record().await["ending"]["failed"]["kind"], "307");
}
