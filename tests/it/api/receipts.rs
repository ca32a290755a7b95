//! Receipts by the API: what became of requests at each destination.

use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Caller;
use crate::support::app::{Answer, TestApp};

/// The receipts of a request, once it is recorded and none waits.
async fn settled(caller: &Caller, id: &str) -> Value {
    let path = format!("/observability/receipts/{id}");
    for _ in 0..600 {
        let answer: Answer = caller.gets(&path).await;
        if answer.status == 200 {
            let data = answer.data(200);
            if data["receipts"]
                .as_array()
                .unwrap()
                .iter()
                .all(|receipt| receipt["state"] != "waiting" && receipt["confirmed"] != false)
            {
                return data;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} is never settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_say_what_became_of_one_request_and_of_many() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let config = json!({ "dsn": app.receiver.dsn(), "otlp_endpoint": app.receiver.endpoint() });
    let destination = json!({ "type": "sentry", "name": "Production", "config": config });
    let made = caller.posts("/observability/destinations", &destination).await.data(201);
    let key = caller.posts("/keys", &json!({ "name": "app" })).await.json()["key"].as_str().unwrap().to_owned();
    let question = json!({ "model": "demo/echo", "messages": [{ "role": "user", "content": "Hello" }] }).to_string();
    let off = app.asks(&key, &question).await.json()["id"].as_str().unwrap().to_owned();
    let off_data = settled(&caller, &off).await;
    assert_eq!((&off_data["broadcast"], &off_data["receipts"][0]["reason"]), (&json!(false), &json!("broadcast_off")));

    let switch = json!({ "is_observability_broadcast_enabled": true });
    caller.patches("/workspaces/default", &switch).await.data(200);
    let on = app.asks(&key, &question).await.json()["id"].as_str().unwrap().to_owned();
    let data = settled(&caller, &on).await;
    let receipt = &data["receipts"][0];
    assert_eq!((&data["generation_id"], &data["broadcast"]), (&json!(on), &json!(true)));
    assert_eq!((&receipt["destination_id"], &receipt["name"]), (&made["id"], &json!("Production")));
    assert_eq!((&receipt["state"], &receipt["attempt"]), (&json!("delivered"), &json!(1)), "{receipt}");
    assert!(receipt["delay_ms"].as_i64().is_some_and(|delay| delay >= 0), "{receipt}");

    let many = json!({ "ids": [on, "gen-1-unknown", off, "with\u{0}zero", on] });
    let many = caller.posts("/observability/receipts", &many).await;
    let list = many.json();
    assert_eq!(list["data"], json!([data, off_data]), "{}", many.text);
    assert_eq!(list["missing"], json!(["gen-1-unknown", "with\u{0}zero"]));

    let stranger = Caller::of(&app, "eve@example.com").await;
    let foreign = stranger.gets(&format!("/observability/receipts/{on}")).await;
    foreign.error(404);
    assert_eq!(stranger.gets("/observability/receipts/gen-1-unknown").await.text, foreign.text);
    assert_eq!(stranger.posts("/observability/receipts", &json!({ "ids": [on] })).await.json()["missing"], json!([on]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_asked_for_by_a_list_of_at_most_a_thousand_names() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    for wrong in [json!({}), json!({ "ids": "gen-1-x" }), json!({ "ids": [1] }), json!({ "ids": vec!["x"; 1_001] })] {
        let (_, metadata) = caller.posts("/observability/receipts", &wrong).await.error(400);
        assert_eq!(metadata["field"], "ids");
    }
    let names = vec!["gen-1795962714-hFm6Av9rEF3NMfxjJXWk"; 1_000];
    assert_eq!(caller.posts("/observability/receipts", &json!({ "ids": names })).await.status, 200);
    app.stop().await;
}
