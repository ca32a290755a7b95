//! What a request cost: who says so, and what the caller and the record are told.

use serde_json::{Value, json};

use super::server::{Record, Server, question_with};
use super::upstream::{ModelServer, Script};

fn answer(model: &str, usage: &Value) -> Script {
    let message = json!({ "role": "assistant", "content": "Fixed." });
    let choices = json!([{ "index": 0, "message": message, "finish_reason": "stop" }]);
    Script::json(200, &json!({ "id": "c", "model": model, "choices": choices, "usage": usage }))
}

fn usage() -> Value {
    json!({ "prompt_tokens": 1_000_000, "completion_tokens": 100_000, "total_tokens": 1_100_000,
        "prompt_tokens_details": { "cached_tokens": 400_000 } })
}

/// The answer's `usage.cost` and the record of a question for `openai/gpt-4o`, which the upstream of this name knows as `gpt-4o`.
async fn asked(name: &str, script: Script, settings: &[(&'static str, &str)]) -> (Value, Record) {
    let upstream = ModelServer::start([script]).await;
    let table = json!({ "upstreams": [
        { "name": name, "base_url": upstream.base_url, "models": ["*"], "strip": "openai/", "speaks": ["openai"] }] });
    let server = Server::with(&[&[("upstreams", &*table.to_string())][..], settings].concat()).await;
    let got = server.asks(&question_with(&json!({ "model": "openai/gpt-4o" }))).await;
    (got.json()["usage"]["cost"].clone(), server.record().await)
}

#[tokio::test]
async fn public_list_says_the_cost_where_nobody_else_does() {
    let (told, record) = asked("openai", answer("gpt-4o-2024-08-06", &usage()), &[]).await;
    assert_eq!(record["cost"], json!({ "total": 3.0, "input": 2.0, "output": 1.0, "source": "list" }));
    assert_eq!(told, 3.0);
    let (told, record) = asked("openai", answer("gpt-4o-2024-08-06", &usage()), &[("price-list", "off")]).await;
    assert_eq!((told, &record["cost"]), (Value::Null, &json!({})));
}

#[tokio::test]
async fn operators_prices_come_before_the_list_and_the_upstreams_word_before_both() {
    let prices = r#"{"gpt-4o": {"input": 1, "output": 2, "cache_read": 0.5}}"#;
    let (told, record) = asked("openai", answer("gpt-4o", &usage()), &[("prices", prices)]).await;
    let parts = json!({ "total": 1.0, "input": 0.8, "output": 0.2, "cache_read": 0.2, "source": "operator" });
    assert_eq!(record["cost"], parts);
    assert_eq!(told, 1.0);
    let mut with_cost = usage();
    with_cost["cost"] = json!(0.25);
    let (told, record) = asked("openai", answer("gpt-4o", &with_cost), &[("prices", prices)]).await;
    assert_eq!((told, &record["cost"]), (json!(0.25), &json!({ "total": 0.25, "source": "upstream" })));
}

#[tokio::test]
async fn failed_request_has_no_cost() {
    let failed = json!({ "id": "c", "model": "gpt-4o", "usage": usage(), "error": { "message": "No.", "code": 500 },
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "" }, "finish_reason": "error" }] });
    let (_, record) = asked("openai", Script::json(200, &failed), &[]).await;
    assert!(record["ending"]["failed"].is_object(), "{}", record["ending"]);
    assert_eq!(record["cost"], json!({}));
}
