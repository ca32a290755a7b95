//! The budget of a day: the receiver gets so many requests and no more, whatever happens meanwhile (spec 10.1).

use std::time::Duration;

use serde_json::json;

use crate::api::caller::Caller;
use crate::support::app::TestApp;

const OBSERVABILITY: &str = "/settings/observability";

/// Sets the limit of the destination by its form. Its rules let all else pass.
async fn limits(app: &TestApp, cookie: &str, destination: &str, requests: &str, beyond: &str) {
    let revision = app.database.reads("SELECT revision::text FROM destinations").await.remove(0);
    let form = [
        ("revision", revision.as_str()),
        ("keys-later", "on"),
        ("share", "100"),
        ("budget", requests),
        ("beyond", beyond),
        ("do", "save"),
    ];
    let ticked: Vec<_> = app.database.reads("SELECT 'key-' || id FROM api_keys").await;
    let form: Vec<_> = form.into_iter().chain(ticked.iter().map(|key| (key.as_str(), "on"))).collect();
    let answer = app.posts_form(cookie, &format!("{destination}/requests"), &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
}

async fn asks(app: &TestApp, key: &str, name: &str) {
    let body = json!({
        "model": "demo/echo", "trace": { "trace_name": name }, "messages": [{ "role": "user", "content": "Hello" }],
    });
    let answer = app.asks(key, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Waits until the database says so.
async fn waits_for(app: &TestApp, question: &str, expected: &str) {
    let mut found = String::new();
    for _ in 0..600 {
        found = app.database.reads(question).await.remove(0);
        if found == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{question} gives {found}, not {expected}");
}

/// The names of the traces that the receiver has, in order, of those asked for.
fn received(app: &TestApp, names: &[&'static str]) -> Vec<&'static str> {
    let traces = app.receiver.received().traces();
    names.iter().filter(|name| traces.iter().any(|trace| trace.span(name).is_some())).copied().collect()
}

const LEFT_OUT: &str = "SELECT coalesce(sum((left_out->>'budget')::int), 0)::text FROM deliveries";
const USED: &str = "SELECT budget_used::text FROM cursors";

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_budget_are_left_out_and_counted_and_a_restart_begins_no_new_day() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    limits(&app, &cookie, &destination, "2", "leave_out").await;
    asks(&app, &key, "first").await;
    app.receives("first").await;
    waits_for(&app, USED, "1").await;

    let app = app.restarts_with(|given| given).await;
    for name in ["second", "third", "fourth"] {
        asks(&app, &key, name).await;
    }
    waits_for(&app, LEFT_OUT, "2").await;
    waits_for(&app, USED, "2").await;
    let names = ["first", "second", "third", "fourth", "fifth"];
    assert_eq!(received(&app, &names), ["first", "second"]);
    let page = app.gets(&cookie, &format!("{destination}/deliveries")).await.text;
    assert!(page.contains(" left out: the day&#39;s limit of requests was reached"), "{page}");
    let reached = "Today&#39;s limit of 2 requests is reached. Until midnight (UTC) further requests are left out.";
    for path in [format!("{destination}/deliveries"), format!("{destination}/edit"), OBSERVABILITY.to_owned()] {
        let page = app.gets(&cookie, &path).await.text;
        assert!(page.contains(reached), "{path}: {page}");
    }

    // The next day.
    app.database.runs("UPDATE cursors SET budget_day = budget_day - 1").await;
    let app = app.restarts_with(|given| given).await;
    asks(&app, &key, "fifth").await;
    app.receives("fifth").await;
    waits_for(&app, USED, "1").await;
    assert_eq!(received(&app, &names), ["first", "second", "fifth"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_budget_wait_for_the_next_day_or_for_a_greater_budget() {
    const HELD: &str =
        "SELECT coalesce(held_until = (budget_day + 1)::timestamp AT TIME ZONE 'UTC', false)::text FROM cursors";
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    let caller = Caller::of_person(&app, "ada@example.com").await;
    limits(&app, &cookie, &destination, "1", "hold").await;
    for name in ["first", "second", "third"] {
        asks(&app, &key, name).await;
    }
    app.receives("first").await;
    waits_for(&app, HELD, "true").await;
    // What waits on purpose is not behind.
    app.database.runs("UPDATE completed_requests SET recorded_at = recorded_at - interval '5 minutes'").await;
    let page = app.gets(&cookie, OBSERVABILITY).await.text;
    let reached = "Today&#39;s limit of 1 request is reached. Further requests wait until midnight (UTC).";
    assert!(page.contains(reached) && page.contains("Healthy"), "{page}");
    let status = caller.gets("/observability/destinations").await.json()["data"][0]["status"].clone();
    assert_eq!((&status["requests_today"], &status["state"]), (&json!(1), &json!("healthy")));
    assert!(status["held_until"].as_str().is_some_and(|until| until.ends_with("T00:00:00.000Z")), "{status}");
    let names = ["first", "second", "third"];
    assert_eq!(received(&app, &names), ["first"]);

    limits(&app, &cookie, &destination, "2", "hold").await;
    app.receives("second").await;
    waits_for(&app, USED, "2").await;
    waits_for(&app, HELD, "true").await;
    assert_eq!(received(&app, &names), ["first", "second"]);
    assert_eq!(app.database.reads(LEFT_OUT).await, ["0"]);

    // The next day.
    app.database.runs("UPDATE cursors SET budget_day = budget_day - 1, held_until = now()").await;
    app.receives("third").await;
    waits_for(&app, USED, "1").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn budget_that_is_no_number_is_refused_at_its_field_and_the_dry_run_counts_what_goes_beyond() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    // Broadcast is off: the log has them all the same.
    let key = app.creates_key(&cookie).await;
    for name in ["first", "second", "third"] {
        asks(&app, &key, name).await;
    }
    waits_for(&app, "SELECT count(*)::text FROM completed_requests", "3").await;
    // They may lie on two days.
    app.database
        .runs("UPDATE completed_requests SET completed_at = (SELECT min(completed_at) FROM completed_requests)")
        .await;
    let ticked: Vec<_> = app.database.reads("SELECT 'key-' || id FROM api_keys").await;
    let posts = async |budget: &str, button: &str| {
        let form = [("revision", "1"), ("keys-later", "on"), ("share", "100"), ("budget", budget), ("do", button)];
        let form: Vec<_> = form.into_iter().chain(ticked.iter().map(|key| (key.as_str(), "on"))).collect();
        app.posts_form(&cookie, &format!("{destination}/requests"), &form).await
    };
    for wrong in ["none", "0", "-1", "99999999999"] {
        let answer = posts(wrong, "save").await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(answer.text.contains("#budget\">Enter a whole number of requests"), "{}", answer.text);
    }
    let answer = posts("1", "dry-run").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for words in ["<strong>1</strong> of 3 would be sent", "<dt>Beyond the limit of a day</dt><dd>2</dd>"] {
        assert!(answer.text.contains(words), "`{words}` is not in {}", answer.text);
    }
    app.stop().await;
}
