//! What is sent of a request, chosen by the API.

use serde_json::{Value, json};

use super::caller::Caller;
use crate::support::app::TestApp;

const DESTINATIONS: &str = "/observability/destinations";

fn sentry(app: &TestApp) -> Value {
    let config = json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint() });
    json!({ "type": "sentry", "name": "Production", "config": config })
}

#[tokio::test(flavor = "multi_thread")]
async fn redaction_is_stored_with_the_destination_merged_by_member_and_cleared_by_null() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let redaction = json!({
        "email": "mask", "phone": null, "card": "drop", "iban": null, "ip": null, "token": null,
        "patterns": [{ "pattern": "CUST-[0-9]{6}", "action": "mask" }],
    });
    let fields = json!({
        "system_prompt": false, "tool_definitions": true, "tool_content": true, "user": "left_out", "session": "as_is",
        "metadata": { "all_but": ["internal_*"] },
    });
    let mut body = sentry(&app);
    body["redaction"] = redaction.clone();
    body["fields"] = fields.clone();
    let created = caller.posts(DESTINATIONS, &body).await.data(201);
    assert_eq!((&created["redaction"], &created["fields"]), (&redaction, &fields));
    assert_eq!(caller.posts(DESTINATIONS, &body).await.data(201), created, "the same once more");
    let path = format!("{DESTINATIONS}/{}", created["id"].as_str().unwrap());
    let same = caller.patches(&path, &json!({ "redaction": redaction, "fields": fields })).await.data(200);
    assert_eq!(same, created, "nothing was changed");

    let requests = app.receiver.received().totals().requests;
    let changed = caller.patches(&path, &json!({ "redaction": { "ip": "mask" } })).await.data(200);
    assert_eq!((&changed["redaction"]["ip"], &changed["redaction"]["email"]), (&json!("mask"), &Value::Null));
    assert_eq!((&changed["fields"], &changed["config"]), (&fields, &created["config"]));
    let cleared = caller.patches(&path, &json!({ "redaction": null, "fields": null })).await.data(200);
    assert_eq!((&cleared["redaction"]["ip"], &cleared["redaction"]["patterns"]), (&Value::Null, &json!([])));
    assert_eq!((&cleared["fields"]["user"], &cleared["fields"]["metadata"]), (&json!("as_is"), &Value::Null));
    assert_eq!(app.receiver.received().totals().requests, requests, "it needs no test");
    let audit = app
        .database
        .reads("SELECT before::text || after::text FROM audit_log WHERE event = 'destination_edited'")
        .await;
    assert!(audit.len() == 2 && audit[0].contains("CUST-"), "{audit:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redaction_that_cannot_be_used_is_refused_at_its_place() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let created = caller.posts(DESTINATIONS, &sentry(&app)).await.data(201);
    let path = format!("{DESTINATIONS}/{}", created["id"].as_str().unwrap());
    for (place, body) in [
        ("redaction", json!({ "redaction": true })),
        ("redaction", json!({ "redaction": { "email": "burn" } })),
        ("redaction.patterns[0]", json!({ "redaction": { "patterns": [{ "pattern": "(", "action": "mask" }] } })),
        ("redaction.patterns[0]", json!({ "redaction": { "patterns": [{ "pattern": "x" }] } })),
        (
            "redaction.patterns",
            json!({ "redaction": { "patterns": vec![json!({ "pattern": "x", "action": "mask" }); 21] } }),
        ),
        ("fields", json!({ "fields": [] })),
        ("fields.user", json!({ "fields": { "user": "no" } })),
        ("fields.metadata", json!({ "fields": { "metadata": { "only": [""] } } })),
        ("fields.metadata", json!({ "fields": { "metadata": { "only": ["a"], "all_but": ["b"] } } })),
    ] {
        let (_, metadata) = caller.patches(&path, &body).await.error(400);
        assert_eq!(metadata["field"], place, "{body}");
    }
    assert_eq!(caller.gets(&path).await.data(200), created);
    app.stop().await;
}
