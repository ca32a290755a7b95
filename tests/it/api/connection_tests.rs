//! Tests on demand, and what became of a destination's requests.

use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Caller;
use crate::five_steps::request;
use crate::support::app::TestApp;

const DESTINATIONS: &str = "/observability/destinations";

fn sentry(app: &TestApp) -> Value {
    let config = json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint() });
    json!({ "type": "sentry", "name": "Production", "config": config })
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_is_tested_without_being_stored() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let path = format!("{DESTINATIONS}/test");
    assert_eq!(caller.posts(&path, &sentry(&app)).await.data(200)["passed"], true);
    let mut wrong = sentry(&app);
    wrong["config"]["dsn"] = app.receiver.dsn().replace("7c1f", "aaaa").into();
    let verdict = caller.posts(&path, &wrong).await.data(200);
    assert_eq!((&verdict["passed"], &verdict["field"]), (&json!(false), &json!("config.dsn")));
    caller.posts(&path, &json!({ "type": "sentry", "config": { "dsn": "nonsense" } })).await.error(400);
    assert_eq!(app.database.reads("SELECT id::text FROM destinations").await, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_destination_is_tested_again_and_gets_the_example_trace() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let created = caller.posts(DESTINATIONS, &sentry(&app)).await.data(201);
    let path = format!("{DESTINATIONS}/{}", created["id"].as_str().unwrap());
    assert_eq!(caller.posts(&format!("{path}/test"), &json!({})).await.data(200)["passed"], true);
    let sent = caller.posts(&format!("{path}/send-trace"), &json!({})).await.data(200);
    assert_eq!(sent["passed"], true);
    let id = sent["trace_id"].as_str().unwrap();
    assert!(app.receiver.received().trace(id).is_some(), "{id}");
    assert_eq!(caller.gets(&path).await.data(200)["revision"], created["revision"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_part_by_part_and_dead_letters_beside_them() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let created = caller.posts(DESTINATIONS, &sentry(&app)).await.data(201);
    let path = format!("{DESTINATIONS}/{}", created["id"].as_str().unwrap());
    caller.patches("/workspaces/default", &json!({ "is_observability_broadcast_enabled": true })).await.data(200);
    let key = caller.posts("/keys", &json!({ "name": "app" })).await.json()["key"].as_str().unwrap().to_owned();
    for number in 1..=3 {
        assert_eq!(app.asks(&key, &request()).await.status, 200);
        for _ in 0..400 {
            if caller.gets(&path).await.data(200)["status"]["delivered"] == number {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let whole = caller.gets(&format!("{path}/deliveries")).await.json();
    assert_eq!((whole["data"].as_array().unwrap().len(), &whole["next"]), (3, &Value::Null));
    assert_eq!((&whole["data"][0]["outcome"], &whole["data"][0]["status"]), (&json!("delivered"), &json!(200)));
    let mut parts = Vec::new();
    let mut next = String::new();
    for _ in 0..3 {
        let part = caller.gets(&format!("{path}/deliveries?limit=1{next}")).await.json();
        parts.extend(part["data"].as_array().unwrap().clone());
        next = format!("&before={}", part["next"].as_str().unwrap_or_default());
    }
    assert_eq!(whole["data"], json!(parts));
    let letters = caller.gets(&format!("{path}/dead-letters")).await.json();
    assert_eq!(letters, json!({ "data": [], "next": null }));
    for part in ["deliveries", "dead-letters"] {
        caller.gets(&format!("{path}/{part}?before=nonsense")).await.error(400);
        caller.gets(&format!("{path}/{part}?limit=0")).await.error(400);
    }
    app.stop().await;
}
