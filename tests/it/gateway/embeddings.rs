//! `POST /embeddings`: what callers get, what the model server gets, and what is recorded.

use serde_json::{Value, json};

use super::server::Server;
use super::upstream::{ModelServer, Script};

fn answer() -> Value {
    json!({
        "object": "list", "model": "embed-1", "usage": { "prompt_tokens": 5, "total_tokens": 5 },
        "data": [{ "object": "embedding", "index": 0, "embedding": [0.25, -0.5, 0.125, 4.75] }],
    })
}

#[tokio::test]
async fn embeddings_pass_and_their_vectors_are_not_recorded() {
    let upstream = ModelServer::start([Script::json(200, &answer())]).await;
    let prices = r#"{"embed-1":{"input":1.0,"output":0.0}}"#;
    let server = Server::with(&[("upstream-base-url", &upstream.base_url), ("prices", prices)]).await;
    let question = json!({ "model": "embed", "input": ["one", "two"], "session_id": "s-1", "user": "u" });
    let got = server.asks_at("/embeddings", &question).await;

    let passed = json!({ "model": "embed", "input": ["one", "two"], "user": "u" });
    assert_eq!(serde_json::from_str::<Value>(&upstream.asked()[0].body).unwrap(), passed);
    let body = got.json();
    assert_eq!((got.status, &body["data"]), (200, &answer()["data"]));
    assert_eq!(body["id"], got.header("x-generation-id"));
    assert!(body["usage"]["cost"].as_f64().unwrap() > 0.0);

    let record = server.record().await;
    assert_eq!((&record["operation"], &record["route"]), (&json!("embeddings"), &json!("/api/v1/embeddings")));
    assert_eq!((&record["ending"], &record["response"]["model"]), (&json!("completed"), &json!("embed-1")));
    assert_eq!((&record["response"]["dimensions"], &record["usage"]["input"]), (&json!(4), &json!(5)));
    let message = |text: &str| json!({ "role": "user", "parts": [{ "type": "text", "content": text }] });
    assert_eq!(record["content"], json!({ "input": [message("one"), message("two")] }));
    assert!(!record.to_string().contains("4.75"));
}

#[tokio::test]
async fn arrays_of_tokens_are_counted_and_not_recorded() {
    let upstream = ModelServer::start([Script::json(200, &answer())]).await;
    let server = Server::before(&upstream.base_url).await;
    server.asks_at("/embeddings", &json!({ "model": "embed", "input": [[1, 2, 3], [4]] })).await;
    let record = server.record().await;
    assert_eq!((&record["parameters"]["token_arrays"], &record["content"]), (&json!(2), &json!({})));
}

#[tokio::test]
async fn an_input_that_is_none_is_refused() {
    let server = Server::start().await;
    let many = json!(vec!["x"; 2_049]);
    for input in [json!(7), json!({}), json!([{}]), json!(["x", 1]), Value::Null, many] {
        let got = server.asks_at("/embeddings", &json!({ "model": "embed", "input": input })).await;
        assert_eq!((got.status, &got.json()["error"]["metadata"]["field"]), (400, &json!("input")));
        assert_eq!(server.record().await["request_model"], "embed");
    }
}
