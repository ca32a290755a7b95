//! What callers ask about themselves: their key, what was spent, who answers.

use serde_json::{Value, json};

use super::server::{Got, Server, client, got, question_with};
use super::upstream::{ModelServer, Script};

async fn gets(server: &Server, key: &str, path: &str) -> Got {
    got(client().get(format!("{}{path}", server.url)).bearer_auth(key)).await
}

fn costing(dollars: f64) -> Script {
    let choices = json!([{ "index": 0, "message": { "content": "x" }, "finish_reason": "stop" }]);
    let usage = json!({ "prompt_tokens": 1, "completion_tokens": 1, "cost": dollars });
    Script::json(200, &json!({ "choices": choices, "usage": usage }))
}

/// Members of a key without which OpenRouter's SDKs raise.
const READ: [&str; 24] = [
    "label",
    "limit",
    "limit_remaining",
    "limit_reset",
    "usage",
    "usage_daily",
    "usage_weekly",
    "usage_monthly",
    "byok_usage",
    "byok_usage_daily",
    "byok_usage_weekly",
    "byok_usage_monthly",
    "include_byok_in_limit",
    "is_free_tier",
    "is_management_key",
    "is_provisioning_key",
    "creator_user_id",
    "organization_id",
    "workspace_id",
    "rate_limit",
    "allowed_data_regions",
    "budgets",
    "effective_budget",
    "free_model_daily_requests",
];

#[tokio::test]
async fn key_and_credits_say_what_the_log_says_that_was_spent() {
    let upstream = ModelServer::start([costing(0.25), costing(0.5)]).await;
    let server = Server::before(&upstream.base_url).await;
    for _ in 0..2 {
        server.asks(&question_with(&json!({}))).await;
        server.record().await;
    }
    // Two of a year ago, one of them with no key.
    for entry in ["'gen-old', NULL, 'm', 200, 2", "'gen-older', api_key_id, 'm', 200, 4"] {
        let insert = format!(
            "INSERT INTO completed_requests
                 (account_id, completed_at, generation_id, api_key_id, model, status, cost, broadcast, format, payload)
             SELECT account_id, now() - interval '1 year', {entry}, false, 1, '{{}}'
             FROM completed_requests WHERE account_id = $1 AND api_key_id IS NOT NULL LIMIT 1"
        );
        let insert = sqlx::query(sqlx::AssertSqlSafe(insert)).bind(server.account.0);
        insert.execute(server.state.store.pool()).await.unwrap();
    }
    let key = gets(&server, &server.key, "/api/v1/key").await.json();
    assert!(READ.iter().all(|member| key["data"].get(member).is_some()), "{key}");
    let data = &key["data"];
    assert_eq!(data["label"], format!("tck-inf-…{}", &server.key[server.key.len() - 4..]));
    assert_eq!(data["usage"], 4.75);
    for period in ["usage_daily", "usage_weekly", "usage_monthly"] {
        assert_eq!(data[period], 0.75, "{period}");
    }
    assert_eq!((&data["limit"], &data["is_management_key"]), (&Value::Null, &json!(false)));
    assert_eq!(gets(&server, &server.key, "/v1/auth/key").await.json(), key);
    let credits = gets(&server, &server.key, "/api/v1/credits").await.json();
    assert_eq!(credits, json!({ "data": { "total_credits": 0.0, "total_usage": 6.75 } }));
    let management = gets(&server, &server.management_key, "/v1/key").await.json();
    assert_eq!((&management["data"]["usage"], &management["data"]["is_management_key"]), (&json!(0.0), &json!(true)));
}

#[tokio::test]
async fn spending_is_read_once_a_minute() {
    let upstream = ModelServer::start([costing(0.25)]).await;
    let server = Server::before(&upstream.base_url).await;
    assert_eq!(gets(&server, &server.key, "/v1/credits").await.json()["data"]["total_usage"], 0.0);
    server.asks(&question_with(&json!({}))).await;
    server.record().await;
    assert_eq!(gets(&server, &server.key, "/v1/credits").await.json()["data"]["total_usage"], 0.0);
}

#[tokio::test]
async fn providers_are_the_model_servers_or_else_the_built_in_one() {
    let table = json!({ "upstreams": [
        { "name": "openai", "base_url": "http://a/v1", "models": ["openai/*"] },
        { "name": "local", "base_url": "http://b/v1", "models": ["*"] }] });
    let server = Server::with(&[("upstreams", &table.to_string())]).await;
    let list = gets(&server, &server.key, "/api/v1/providers").await.json();
    let names: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|provider| &provider["slug"]).collect();
    assert_eq!(names, ["openai", "local"]);
    assert_eq!(list["data"][0]["privacy_policy_url"], Value::Null);
    let built_in = Server::start().await;
    assert_eq!(gets(&built_in, &built_in.key, "/v1/providers").await.json()["data"][0]["name"], "tracecast");
}
