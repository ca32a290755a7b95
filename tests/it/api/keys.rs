//! Keys by the API: what one made opens, and when it stops.

use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Caller;
use crate::five_steps::request;
use crate::support::app::TestApp;

/// Members without which OpenRouter's SDKs raise.
const READ: [&str; 23] = [
    "hash",
    "name",
    "label",
    "disabled",
    "limit",
    "limit_remaining",
    "limit_reset",
    "include_byok_in_limit",
    "usage",
    "usage_daily",
    "usage_weekly",
    "usage_monthly",
    "byok_usage",
    "byok_usage_daily",
    "byok_usage_weekly",
    "byok_usage_monthly",
    "created_at",
    "updated_at",
    "expires_at",
    "creator_user_id",
    "workspace_id",
    "external_user",
    "last_used_at",
];

fn path(key: &Value) -> String {
    format!("/keys/{}", key["hash"].as_str().unwrap())
}

/// Until the gateway answers this key with this status.
async fn until(app: &TestApp, key: &str, status: u16) {
    for _ in 0..200 {
        if app.asks(key, &request()).await.status == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the key never gets {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_is_made_shown_once_disabled_enabled_and_revoked() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let made = caller.posts("/keys", &json!({ "name": "Support bot" })).await;
    let (data, key) = (made.data(201), made.json()["key"].as_str().unwrap().to_owned());
    assert!(READ.iter().all(|member| data.get(member).is_some()), "{data}");
    assert_eq!(
        (&data["name"], &data["type"], &data["usage"]),
        (&json!("Support bot"), &json!("inference"), &json!(0.0))
    );
    assert_eq!(data["label"], format!("tck-inf-…{}", &key[key.len() - 4..]));
    let path = path(&data);
    assert_eq!(caller.gets(&path).await.data(200), data);
    let list = caller.gets("/keys").await.json();
    assert_eq!((&list["total_count"], &list["data"][0]), (&json!(2), &data));
    assert!(!list.to_string().contains(&key));
    assert_eq!(app.asks(&key, &request()).await.status, 200);

    let disabled = caller.patches(&path, &json!({ "disabled": true, "name": "Bot" })).await.data(200);
    assert_eq!((&disabled["disabled"], &disabled["name"]), (&json!(true), &json!("Bot")));
    until(&app, &key, 401).await;
    assert_eq!(caller.gets("/keys?include_disabled=false").await.json()["total_count"], 1);
    let (_, metadata) = caller.gets("/keys?include_disabled=null").await.error(400);
    assert_eq!(metadata["field"], "include_disabled");
    assert_eq!(caller.patches(&path, &json!({ "disabled": false })).await.data(200)["disabled"], false);
    until(&app, &key, 200).await;
    assert_eq!(caller.deletes(&path).await.json(), json!({ "deleted": true }));
    until(&app, &key, 401).await;
    caller.gets(&path).await.error(404);
    let audit = app.database.reads("SELECT event FROM audit_log WHERE actor_kind = 'key' ORDER BY id").await;
    assert_eq!(audit, ["key_created", "key_edited", "key_edited", "key_revoked"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_that_has_expired_lets_nobody_in() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let made = caller.posts("/keys", &json!({ "name": "Trial", "expires_at": "2100-01-01T00:00:00Z" })).await;
    assert_eq!(made.data(201)["expires_at"], "2100-01-01T00:00:00.000Z");
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    app.database.runs("UPDATE api_keys SET expires_at = now() WHERE name = 'Trial'").await;
    until(&app, &key, 401).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_of_another_account_is_as_unknown_as_none_and_mistakes_name_their_field() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    let made = caller.posts("/keys", &json!({ "name": "Support bot" })).await.data(201);
    let unknown = stranger.gets("/keys/nonsense").await;
    unknown.error(404);
    for hash in [path(&made), format!("/keys/{}", "0".repeat(64))] {
        assert_eq!(stranger.gets(&hash).await.text, unknown.text);
        assert_eq!(stranger.patches(&hash, &json!({ "disabled": true })).await.text, unknown.text);
        assert_eq!(stranger.deletes(&hash).await.text, unknown.text);
    }
    assert_eq!(caller.gets(&path(&made)).await.data(200), made);
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": 1 }), "name"),
        (json!({ "name": "x", "limit": 5 }), "limit"),
        (json!({ "name": "x", "expires_at": "tomorrow" }), "expires_at"),
        (json!({ "name": "x", "expires_at": "2001-01-01T00:00:00Z" }), "expires_at"),
        (json!({ "name": "x", "workspace_id": stranger.account.to_string() }), "workspace_id"),
    ] {
        let (_, metadata) = caller.posts("/keys", &body).await.error(400);
        assert_eq!(metadata["field"], field, "{body}");
    }
    app.stop().await;
}
