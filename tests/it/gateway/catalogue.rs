//! The models that clients put into their menus: what the model server lists, in a form that all of them read.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::server::{Got, Server, client, got};
use super::upstream::{ModelServer, Script};

async fn gets(server: &Server, path: &str) -> Got {
    got(client().get(format!("{}{path}", server.url)).bearer_auth(&server.key)).await
}

fn listing(ids: &[&str]) -> Script {
    let entries: Vec<Value> = ids
        .iter()
        .map(|id| json!({ "id": id, "object": "model", "created": 1, "owned_by": "them", "own": [1.0] }))
        .collect();
    Script::json(200, &json!({ "object": "list", "data": entries }))
}

/// Members of an entry without which an SDK of OpenAI or OpenRouter raises.
const READ: [&str; 14] = [
    "id",
    "object",
    "created",
    "owned_by",
    "canonical_slug",
    "name",
    "context_length",
    "architecture",
    "pricing",
    "top_provider",
    "per_request_limits",
    "supported_parameters",
    "default_parameters",
    "links",
];

#[tokio::test]
async fn list_of_the_model_server_is_completed_under_both_bases() {
    let upstream = ModelServer::start([listing(&["gpt-4o", "meta/llama"])]).await;
    let server = Server::with(&[
        ("upstream-base-url", upstream.base_url.as_str()),
        ("upstream-api-key", "sk-upstream"),
        ("prices", r#"{"gpt-4o": {"input": 2.5, "output": 10}}"#),
    ])
    .await;
    for path in ["/api/v1/models", "/v1/models", "/v1/models/", "/api/v1/embeddings/models"] {
        let answer = gets(&server, path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}");
        let list = answer.json();
        assert_eq!(
            (&list["object"], &list["total_count"], &list["links"]["next"]),
            (&json!("list"), &json!(2), &Value::Null)
        );
        let entries = list["data"].as_array().unwrap();
        assert!(entries.iter().all(|entry| READ.iter().all(|member| entry.get(member).is_some())), "{list}");
        assert_eq!((&entries[0]["own"], &entries[0]["owned_by"]), (&json!([1.0]), &json!("them")));
        assert_eq!(entries[0]["pricing"], json!({ "prompt": "0.0000025", "completion": "0.00001" }));
    }
    assert_eq!(gets(&server, "/v1/models/count").await.json(), json!({ "data": { "count": 2 } }));
    let asked = upstream.asked();
    assert_eq!(asked.len(), 1, "kept for a minute");
    assert!(
        asked[0].head.starts_with("get /v1/models http/1.1")
            && asked[0].head.contains("authorization: bearer sk-upstream")
    );
    server.records_nothing().await;
}

#[tokio::test]
async fn listed_names_lead_back_to_their_server_and_have_the_public_lists_price() {
    let openai = ModelServer::start([listing(&["gpt-4o", "whisper-1"])]).await;
    let local = ModelServer::start([listing(&["gpt-4o", "llama"])]).await;
    let table = json!({ "upstreams": [
        { "name": "openai", "base_url": openai.base_url, "models": ["openai/gpt-*"], "strip": "openai/" },
        { "name": "local", "base_url": local.base_url, "models": ["*"] }] });
    let server = Server::with(&[("upstreams", &table.to_string())]).await;
    let list = gets(&server, "/api/v1/models").await.json();
    let entries = list["data"].as_array().unwrap();
    let listed: Vec<_> =
        entries.iter().map(|entry| (entry["id"].as_str().unwrap(), &entry["pricing"]["prompt"])).collect();
    assert_eq!(listed, [("openai/gpt-4o", &json!("0.0000025")), ("gpt-4o", &json!("0")), ("llama", &json!("0"))]);
    assert_eq!(gets(&server, "/v1/models/openai/gpt-4o").await.json()["id"], "openai/gpt-4o");
}

#[tokio::test]
async fn one_model_is_found_by_its_name_with_slash_or_escape() {
    let upstream = ModelServer::start([listing(&["gpt-4o", "meta/llama 3"])]).await;
    let server = Server::before(&upstream.base_url).await;
    for path in ["/api/v1/models/meta/llama%203", "/v1/models/meta%2Fllama%203"] {
        let answer = gets(&server, path).await;
        assert_eq!((answer.status, &answer.json()["id"]), (200, &json!("meta/llama 3")), "{path}");
    }
    let unknown = gets(&server, "/api/v1/models/meta/other").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.error().contains("`meta/other`"), "{}", unknown.text);
}

#[tokio::test]
async fn callers_who_ask_at_the_same_time_share_one_question() {
    let slow = Script::json(200, &json!({ "data": [{ "id": "m" }] })).after(200);
    let upstream = ModelServer::start([slow]).await;
    let server = Server::before(&upstream.base_url).await;
    let answers = join_all((0..8).map(|_| gets(&server, "/v1/models"))).await;
    assert!(answers.iter().all(|answer| answer.json()["total_count"] == 1));
    assert_eq!(upstream.asked().len(), 1);
}

#[tokio::test]
async fn model_server_that_lists_nothing_is_told_as_502() {
    for script in [
        Script::json(404, &json!({ "detail": "Not Found" })),
        Script::whole(200, "text/html", "<!doctype html>"),
        Script::json(401, &json!({ "error": { "message": "bad key" } })),
        Script::reset(),
    ] {
        let upstream = ModelServer::start([script]).await;
        let server = Server::before(&upstream.base_url).await;
        let answer = gets(&server, "/api/v1/models").await;
        assert_eq!(answer.status, 502, "{}", answer.text);
        assert!(!answer.error().is_empty());
    }
}

#[tokio::test]
async fn without_a_model_server_the_built_in_model_is_listed_and_a_key_is_needed() {
    let server = Server::start().await;
    let list = gets(&server, "/v1/models").await.json();
    assert_eq!((&list["data"][0]["id"], &list["total_count"]), (&json!("demo/echo"), &json!(1)));
    assert_eq!(list["data"][0]["pricing"]["prompt"], "0.0000001");
    assert_eq!(gets(&server, "/v1/models/demo/echo").await.json()["owned_by"], "demo");
    assert_eq!(got(client().get(format!("{}/v1/models", server.url))).await.status, 401);
}
