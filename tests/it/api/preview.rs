//! The preview by API: one request in two ways, for accounts that let admins read content.

use serde_json::json;

use super::caller::Caller;
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn preview_shows_a_request_in_two_ways_and_changes_nothing() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let page = app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let inference = app.creates_key(&cookie).await;
    let caller = Caller::of_person(&app, "ada@example.com").await;
    let path = format!("/observability/destinations/{}/preview", page.rsplit('/').next().unwrap());
    let empty = caller.posts(&path, &json!({})).await.data(200);
    assert_eq!((&empty["generation_id"], &empty["requests"]), (&json!(null), &json!([])));
    let mut ids = Vec::new();
    for (name, words) in [("first", "nothing to hide"), ("second", "write to ada@b.example now")] {
        let body = json!({
            "model": "demo/echo", "user": "user_12345", "trace": { "trace_name": name },
            "messages": [{ "role": "user", "content": words }],
        });
        ids.push(app.asks(&inference, &body.to_string()).await.json()["id"].clone());
        app.receives(name).await;
    }
    let before = app.database.reads("SELECT d::text FROM destinations d").await;
    let proposed = json!({ "redaction": { "email": "mask" }, "broadcast_generation_identity": true });
    let newest = caller.posts(&path, &proposed).await.data(200);
    assert_eq!((&newest["generation_id"], &newest["requests"][0]["trace_name"]), (&ids[1], &json!("second")));
    let input = "gen_ai.input.messages";
    assert!(newest["stored"]["attributes"][input].as_str().unwrap().contains("ada@b.example"), "{newest}");
    assert!(newest["proposed"]["attributes"][input].as_str().unwrap().contains("[email]"), "{newest}");
    let different: Vec<_> = newest["different"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(different.contains(&input) && different.contains(&"tracecast.account.id"), "{different:?}");
    assert!(!different.contains(&"gen_ai.request.model"), "{different:?}");
    let first = caller.posts(&format!("{path}?generation_id={}", ids[0].as_str().unwrap()), &proposed).await.data(200);
    assert_eq!(first["generation_id"], ids[0]);

    let (_, metadata) = caller.posts(&path, &json!({ "redaction": { "email": "burn" } })).await.error(400);
    assert_eq!(metadata["field"], "redaction");
    app.database.runs("UPDATE accounts SET content_readers = 'nobody'").await;
    let (sentence, _) = caller.posts(&path, &proposed).await.error(403);
    assert!(sentence.contains("lets nobody read"), "{sentence}");
    let read = "SELECT string_agg(subject, ' ' ORDER BY id) FROM audit_log WHERE event = 'content_read'";
    let ids: Vec<_> = ids.iter().rev().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(app.database.reads(read).await, [ids.join(" ")]);
    assert_eq!(app.database.reads("SELECT d::text FROM destinations d").await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_and_dry_runs_of_an_account_are_limited() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let page = app.connects(&cookie).await;
    let caller = Caller::of_person(&app, "ada@example.com").await;
    let path = format!("/observability/destinations/{}", page.rsplit('/').next().unwrap());
    for operation in ["preview", "dry-run"] {
        // Room comes back while it asks, and less than it takes.
        let mut refused = None;
        for _ in 0..60 {
            let answer = caller.posts(&format!("{path}/{operation}"), &json!({})).await;
            refused = (answer.status == 429).then_some(answer);
            if refused.is_some() {
                break;
            }
        }
        let (sentence, _) = refused.expect("sixty were let in").error(429);
        assert!(sentence.contains("within a minute"), "{sentence}");
    }
    app.stop().await;
}
