//! The page that sends requests again: counts first, then begins, and refuses with a sentence (spec 9.4).

use reqwest::Method;
use serde_json::json;

use crate::api::caller::Caller;
use crate::support::app::{TestApp, read};

/// The page of the only destination.
async fn path(app: &TestApp) -> String {
    let id = app.database.reads("SELECT id::text FROM destinations").await.remove(0);
    format!("/settings/observability/destinations/{id}/replay")
}

const ALL: [(&str, &str); 3] = [("what", "all"), ("from", "2020-01-01T00:00"), ("until", "2099-01-01T00:00")];

fn with<'a>(act: &'a str, expected: &'a str) -> Vec<(&'a str, &'a str)> {
    [&ALL[..], &[("do", act), ("expected", expected)]].concat()
}

/// An account that has sent two requests.
async fn scene() -> (TestApp, String, String) {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    for name in ["first", "second"] {
        let body = json!({
            "model": "demo/echo", "trace": { "trace_name": name }, "messages": [{ "role": "user", "content": "Hello" }],
        });
        assert_eq!(app.asks(&key, &body.to_string()).await.status, 200);
        app.receives(name).await;
    }
    let path = path(&app).await;
    (app, cookie, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_is_counted_then_begun_and_every_request_arrives_once_more() {
    let (app, cookie, path) = scene().await;
    assert!(app.gets(&cookie, &path).await.text.contains("Nothing was replayed so far."));
    let counted = app.posts_form(&cookie, &path, &with("count", "")).await;
    assert_eq!(counted.status, 200);
    assert!(counted.text.contains("Replay 2 requests"), "{}", counted.text);
    assert_eq!(app.database.reads("SELECT count(*)::text FROM replays").await, ["0"]);

    let begun = app.posts_form(&cookie, &path, &with("replay", "2")).await;
    assert_eq!((begun.status, begun.location.as_str()), (303, path.as_str()));
    for _ in 0..600 {
        let delivered = "SELECT delivered::text FROM cursors WHERE purpose = 'replay'";
        if app.database.reads(delivered).await == ["2"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page = app.gets(&cookie, &path).await.text;
    assert!(page.contains(">Done<") && page.contains("2 requests delivered"), "{page}");
    let audit = "SELECT actor || ' ' || (after->>'requests') FROM audit_log WHERE event = 'replay_started'";
    assert_eq!(app.database.reads(audit).await, ["ada@example.com 2"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_that_cannot_begin_is_refused_with_what_to_do() {
    let (app, cookie, path) = scene().await;
    for (fields, words) in [
        (vec![("what", "all"), ("from", "x"), ("until", "2099-01-01T00:00")], "Enter a day and a time"),
        (vec![("what", "all"), ("from", "2099-01-01T00:00"), ("until", "2020-01-01T00:00")], "must lie after"),
        (vec![("what", "ids"), ("ids", "chatcmpl-1")], "not one that this gateway gives"),
    ] {
        let answer = app.posts_form(&cookie, &path, &fields).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    let changed = app.posts_form(&cookie, &path, &with("replay", "20")).await;
    assert!(changed.status == 409 && changed.text.contains("has changed since they were counted"), "{}", changed.text);
    let nothing = [("what", "dead"), ("do", "replay"), ("expected", "0")];
    assert_eq!(app.posts_form(&cookie, &path, &nothing).await.status, 409);
    app.database.runs("UPDATE destinations SET enabled = false").await;
    let paused = app.posts_form(&cookie, &path, &with("replay", "2")).await;
    assert!(paused.status == 409 && paused.text.contains("Resume it first."), "{}", paused.text);
    app.database.runs("UPDATE destinations SET enabled = true").await;
    app.switches(&cookie, "off").await;
    let off = app.posts_form(&cookie, &path, &with("replay", "2")).await;
    assert!(off.status == 409 && off.text.contains("Turn on Enable Broadcast first."), "{}", off.text);
    assert_eq!(app.database.reads("SELECT count(*)::text FROM replays").await, ["0"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_is_paused_resumed_and_cancelled_by_admins_of_its_account_only() {
    let (app, cookie, path) = scene().await;
    let slow = [with("replay", "2"), vec![("speed", "1")]].concat();
    assert_eq!(app.posts_form(&cookie, &path, &slow).await.status, 303);
    let id = app.database.reads("SELECT id::text FROM replays").await.remove(0);
    let act = format!("{path}s/{id}");
    let stranger = app.signs_up("eve@example.com").await;
    for what in ["pause", "cancel"] {
        assert_eq!(app.posts_form(&stranger, &act, &[("do", what)]).await.status, 404);
    }
    assert_eq!(app.gets(&stranger, &path).await.status, 404);
    let paused = "SELECT paused::text FROM cursors WHERE purpose = 'replay'";
    for (what, expected) in [("pause", "true"), ("resume", "false"), ("cancel", "true")] {
        assert_eq!(app.posts_form(&cookie, &act, &[("do", what)]).await.status, 303, "{what}");
        assert_eq!(app.database.reads(paused).await, [expected], "{what}");
    }
    assert_eq!(app.posts_form(&cookie, &act, &[("do", "resume")]).await.status, 404, "cancelled for good");
    assert!(app.gets(&cookie, &path).await.text.contains(">Cancelled<"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_by_api_is_counted_begun_paused_and_cancelled() {
    let (app, _, path) = scene().await;
    let id = path.split('/').nth(4).unwrap().to_owned();
    let caller = Caller::of_person(&app, "ada@example.com").await;
    let replays = format!("/observability/destinations/{id}/replays");
    let all = json!({ "what": "all", "from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z", "rate": 1 });
    let mut dry = all.clone();
    dry["dry_run"] = json!(true);
    let counted = caller.posts(&replays, &dry).await;
    assert_eq!((counted.status, counted.json()["requests"].as_i64()), (200, Some(2)));
    assert_eq!(caller.gets(&replays).await.json()["data"], json!([]));
    for (wrong, field) in [
        (json!({}), "what"),
        (json!({ "what": "all", "from": "yesterday" }), "from"),
        (json!({ "what": "all", "from": "2020-01-01T00:00:00Z", "until": "2020-01-01T00:00:00Z" }), "until"),
        (json!({ "what": "requests", "ids": [] }), "ids"),
        (json!({ "what": "dead_letters", "rate": 0.5 }), "rate"),
    ] {
        assert_eq!(caller.posts(&replays, &wrong).await.error(400).1["field"], field, "{wrong}");
    }
    caller.posts(&replays, &json!({ "what": "dead_letters" })).await.error(409);
    let begun = caller.posts(&replays, &all).await.data(201);
    assert_eq!((&begun["requests"], &begun["rate"]), (&json!(2), &json!(1)));
    let one = format!("{replays}/{}", begun["id"].as_str().unwrap());
    let pause = caller.request(Method::PATCH, &one).json(&json!({ "paused": true }));
    read(pause.send().await.unwrap()).await.data(200);
    let cancelled = read(caller.request(Method::DELETE, &one).send().await.unwrap()).await.data(200);
    assert_eq!(cancelled["state"], "cancelled");
    read(caller.request(Method::DELETE, &one).send().await.unwrap()).await.error(404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_that_begin_at_the_same_instant_are_at_most_five() {
    let (app, _, path) = scene().await;
    // The worker leaves them alone, so that none ends meanwhile.
    app.database.runs("UPDATE destinations SET not_before = clock_timestamp() + interval '1 hour'").await;
    let id = path.split('/').nth(4).unwrap().to_owned();
    let caller = Caller::of_person(&app, "ada@example.com").await;
    let replays = format!("/observability/destinations/{id}/replays");
    let all = json!({ "what": "all", "from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z" });
    let starts = (0..20).map(|_| caller.posts(&replays, &all));
    let mut statuses: Vec<u16> = futures_util::future::join_all(starts).await.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201; 5], vec![409; 15]].concat());
    assert_eq!(app.database.reads("SELECT count(*)::text FROM replays").await, ["5"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_of_one_request_begins_at_its_receipt() {
    let (app, cookie, path) = scene().await;
    let id = app.database.reads("SELECT generation_id FROM completed_requests ORDER BY position").await.remove(0);
    let mut page = String::new();
    for _ in 0..600 {
        page = app.gets(&cookie, &format!("/activity/{id}")).await.text;
        if page.contains("<strong>Delivered</strong>") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let link = format!("{path}?id={id}");
    assert!(page.contains(&format!("<a href=\"{link}\">Send it…")), "{page}");
    let counted = app.gets(&cookie, &link).await.text;
    assert!(counted.contains("Replay 1 request") && counted.contains("delivered before: sent again"), "{counted}");
    let one = [("what", "ids"), ("ids", id.as_str()), ("do", "replay"), ("expected", "1")];
    assert_eq!(app.posts_form(&cookie, &path, &one).await.status, 303);
    let missed = [&one[..], &[("missed", "on")]].concat();
    let nothing = app.posts_form(&cookie, &path, &missed).await;
    assert!(nothing.status == 409 && nothing.text.contains("There is nothing to send."), "{}", nothing.text);

    app.database.runs(r#"UPDATE destinations SET selection = '{"version": 1, "sampling_rate": 0.0}'"#).await;
    let page = app.gets(&cookie, &format!("/activity/{id}")).await.text;
    assert!(!page.contains("Send it…"), "today's settings would not send it: {page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backfill_is_offered_to_a_destination_that_was_just_added() {
    let (app, cookie, path) = scene().await;
    let edit = |path: &str| path.replace("/replay", "/edit");
    let old = app.gets(&cookie, &edit(&path)).await.text;
    assert!(!old.contains("Also send the last"), "{old}");
    let added = app.connects(&cookie).await;
    let cookies = format!("{cookie}; __Host-tc_notice=connected; tc_notice=connected");
    let page = app.gets(&cookies, &format!("{added}/edit")).await.text;
    assert!(page.contains("Also send the last 7 days?") && page.contains("2 requests, about "), "{page}");
    assert!(page.contains(&format!("{added}/replay?range=all")), "{page}");
    app.stop().await;
}
