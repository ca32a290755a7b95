//! A destination's life: changed in two tabs, changed wrongly, renamed, paused, deleted; and never stored untested.

mod further;

use std::time::Duration;

use demo_receiver::Behaviour;

use crate::five_steps::request;
use crate::support::app::{Answer, TestApp};

const SENTRY: &str = "/settings/observability/sentry";

/// The whole rows, as text: the same to the byte, or not.
async fn rows(app: &TestApp) -> Vec<String> {
    app.database.reads("SELECT d::text FROM destinations d ORDER BY id").await
}

fn says(answer: &Answer, status: u16, words: &str) {
    let page = answer.text.split_once("<main").map_or(answer.text.as_str(), |(_, main)| &main[..main.len().min(1_500)]);
    assert_eq!(answer.status, status, "{page}");
    assert!(answer.text.contains(words), "`{words}` is not in\n{page}…");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_tabs_the_second_is_told_and_overwrites_nothing() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    let tab = |environment: &'static str| [("revision", "1"), ("name", "Sentry"), ("environment", environment)];
    assert_eq!(app.posts_form(&cookie, &destination, &tab("first")).await.status, 303);
    let stored = rows(&app).await;

    // Also when the second person presses the button again.
    for _ in 0..2 {
        let answer = app.posts_form(&cookie, &destination, &tab("second")).await;
        says(&answer, 409, "Somebody changed this destination meanwhile. Nothing was saved.");
        says(&answer, 409, r#"value="second""#);
        says(&answer, 409, r#"name="revision" value="1""#);
        assert_eq!(rows(&app).await, stored);
    }
    says(&app.gets(&cookie, &format!("{destination}/edit")).await, 200, r#"value="first""#);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_fails_leaves_the_row_as_it_was_to_the_byte() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    let stored = rows(&app).await;
    let unknown = app.receiver.dsn().replace("7c1f", "aaaa");
    let elsewhere = app.receiver.endpoint().replace("127.0.0.1", "127.0.0.2");
    let long = "x".repeat(10_000);
    for (field, value, words) in [
        ("dsn", unknown.as_str(), "This key does not exist"),
        ("dsn", "nonsense", "There is a problem"),
        ("name", &long, "Use at most 100 characters"),
        ("environment", "a b", "no spaces"),
        ("otlp_endpoint", &elsewhere, "There is a problem"),
    ] {
        let form = [("revision", "1"), ("privacy_mode", "on"), (field, value)];
        says(&app.posts_form(&cookie, &destination, &form).await, 422, words);
        assert_eq!(rows(&app).await, stored, "{field}");
    }
    for revision in ["", "0", "2", "nonsense"] {
        let answer = app.posts_form(&cookie, &destination, &[("revision", revision), ("name", "Other")]).await;
        says(&answer, 409, "Nothing was saved");
        assert_eq!(rows(&app).await, stored);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_does_not_follow_the_endpoint_to_another_server() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    let stored = rows(&app).await;
    let elsewhere = app.receiver.endpoint().replace("127.0.0.1", "localhost");
    let form = [("revision", "1"), ("otlp_endpoint", elsewhere.as_str()), ("relay", "on"), ("dsn", "")];
    let answer = app.posts_form(&cookie, &destination, &form).await;
    says(&answer, 422, "The endpoint is on another server now: enter the Sentry DSN again.");
    assert_eq!(rows(&app).await, stored);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_form_claims_untested_values_are_not_stored() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let unknown = app.receiver.dsn().replace("7c1f", "aaaa");
    let claims = [
        ("dsn", unknown.as_str()),
        ("tested", "true"),
        ("passed", "true"),
        ("last_test", r#"{"passed":true}"#),
        ("revision", "1"),
        ("secrets", "x"),
    ];
    says(&app.posts_form(&cookie, SENTRY, &claims).await, 422, "Nothing was saved");
    // Neither by another road: an id that does not exist is not made by an edit.
    let made_up = "/settings/observability/destinations/0190a0b0-0000-7000-8000-000000000000";
    assert_eq!(app.posts_form(&cookie, made_up, &claims).await.status, 404);
    let defaults = [("name", "x"), ("revision", "1")];
    assert_eq!(app.posts_form(&cookie, &format!("{made_up}/defaults"), &defaults).await.status, 404);
    assert_eq!(rows(&app).await, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renaming_pausing_and_deleting_need_no_test_and_no_stranger_does_them() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let stranger = app.signs_up("eve@example.com").await;
    let destination = app.connects(&cookie).await;
    let requests = app.receiver.received().totals().requests;
    let stored = rows(&app).await;
    for act in ["", "/defaults", "/pause", "/resume", "/delete"] {
        let path = format!("{destination}{act}");
        assert_eq!(app.posts_form(&stranger, &path, &[("name", "x"), ("revision", "1")]).await.status, 404);
    }
    assert_eq!(app.gets(&stranger, &format!("{destination}/edit")).await.status, 404);
    assert_eq!(rows(&app).await, stored);

    let path = |act: &str| format!("{destination}/{act}");
    let named = |name: &'static str| [("revision", "1"), ("name", name), ("environment", "staging")];
    says(&app.posts_form(&cookie, &path("defaults"), &named(" ")).await, 422, "Enter a name");
    let invisible = named("Prod\u{200b}uction");
    says(&app.posts_form(&cookie, &path("defaults"), &invisible).await, 422, "characters that nobody sees");
    assert_eq!(rows(&app).await, stored);
    assert_eq!(app.posts_form(&cookie, &path("defaults"), &named("Production")).await.status, 303);
    assert_eq!(app.posts_form(&cookie, &path("pause"), &[]).await.status, 303);
    let page = app.gets(&cookie, "/settings/observability").await;
    says(&page, 200, "Production");
    says(&page, 200, "Paused");
    assert_eq!(app.posts_form(&cookie, &path("resume"), &[]).await.status, 303);
    let question = app.gets(&cookie, &path("delete")).await;
    says(&question, 200, "Delete Production?");
    says(&question, 200, "No request waits for it.");
    assert_eq!(app.posts_form(&cookie, &path("delete"), &[]).await.status, 303);
    assert_eq!(rows(&app).await, Vec::<String>::new());
    assert_eq!(app.receiver.received().totals().requests, requests, "nothing was tested again");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_five_destinations_of_a_kind_at_most() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let more = "INSERT INTO destinations (account_id, id, kind, name, settings, masked, secrets, target, last_test)
                SELECT account_id, gen_random_uuid(), kind, name || number, settings, masked, secrets, target, last_test
                FROM destinations, generate_series(1, 4) AS number";
    app.database.runs(more).await;
    let (dsn, endpoint) = (app.receiver.dsn(), app.receiver.endpoint());
    let form = [("dsn", dsn.as_str()), ("otlp_endpoint", &endpoint)];
    let sixth = app.posts_form(&cookie, "/settings/observability/sentry", &form).await;
    assert_ne!(sixth.status, 303, "{}", sixth.text);
    assert_eq!(app.database.reads("SELECT count(*)::text FROM destinations").await, ["5"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_passes_over_quota_leaves_what_waits_alone_for_as_long_as_the_receiver_asks() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    let destination = app.connects(&cookie).await;
    let key = app.creates_key(&cookie).await;
    // Sentry asks for a minute.
    app.receiver.behave(Behaviour::Quota);
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    let paused = "SELECT id::text FROM destinations
                  WHERE health = 'failing' AND not_before > clock_timestamp() + interval '30 seconds'";
    while app.database.reads(paused).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let form = [("revision", "1"), ("name", "Sentry"), ("environment", "staging")];
    let edited = app.posts_form(&cookie, &destination, &form).await;
    assert_eq!(edited.status, 303, "{}", edited.text);
    says(&app.gets(&cookie, &edited.location).await, 200, "The connection works, with a warning");
    assert_eq!(app.database.reads(paused).await.len(), 1, "the edit ended the pause");

    app.connects(&cookie).await;
    assert_eq!(app.database.reads(paused).await.len(), 2, "a new one waits from the start");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defaults_are_saved_without_a_test_and_the_connection_keeps_them() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    let destination = app.connects(&cookie).await;
    let defaults = format!("{destination}/defaults");
    let stored = rows(&app).await;
    for (environment, words) in [("a b", "no spaces"), ("None", "Sentry takes no environment of the name None")] {
        let wrong = [("revision", "1"), ("name", "Sentry"), ("environment", environment)];
        let answer = app.posts_form(&cookie, &defaults, &wrong).await;
        says(&answer, 422, words);
        says(&answer, 422, &format!("value=\"{environment}\""));
        assert_eq!(rows(&app).await, stored);
    }
    let requests = app.receiver.received().totals().requests;
    let form = [("revision", "1"), ("name", "Production"), ("environment", "staging"), ("privacy_mode", "on")];
    assert_eq!(app.posts_form(&cookie, &defaults, &form).await.status, 303);
    assert_eq!(app.receiver.received().totals().requests, requests, "nothing was tested");
    says(&app.posts_form(&cookie, &defaults, &form).await, 409, "Somebody changed this destination meanwhile.");

    // The form of the connection sends none of them.
    assert_eq!(app.posts_form(&cookie, &destination, &[("revision", "2")]).await.status, 303);
    let kept = "SELECT name || ' ' || (settings ->> 'environment') || ' ' || privacy_mode FROM destinations";
    assert_eq!(app.database.reads(kept).await, ["Production staging true"]);
    let body = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"trace":{"trace_name":"by default"}}"#;
    assert_eq!(app.asks(&app.creates_key(&cookie).await, body).await.status, 200);
    let trace = app.receives("by default").await;
    assert_eq!(trace.summary().environment.as_deref(), Some("staging"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn test_that_fails_names_the_field_to_mend_and_says_nothing_twice() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let unknown = app.receiver.dsn().replace("7c1f", "aaaa");
    let failed = app.posts_form(&cookie, SENTRY, &[("dsn", &unknown)]).await;
    says(&failed, 422, "<li><a href=\"#dsn\">This key does not exist");
    says(&failed, 422, "id=\"dsn-error\"");
    assert_eq!(failed.text.matches("Nothing was saved").count(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn send_trace_sends_an_example_with_the_stored_settings_and_shows_its_id() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    let stored = rows(&app).await;
    let sent = app.posts_form(&cookie, &format!("{destination}/send-trace"), &[]).await;
    says(&sent, 200, "The example trace was sent");
    let id = sent.text.split_once("id=\"test-trace-id\">").unwrap().1.split('<').next().unwrap();
    assert!(app.receiver.received().traces().iter().any(|trace| trace.trace_id == id), "{id} arrived");

    app.receiver.behave(Behaviour::Status { code: 503, retry_after: None });
    let refused = app.posts_form(&cookie, &format!("{destination}/send-trace"), &[]).await;
    says(&refused, 422, "The example trace was not sent");
    assert_eq!(rows(&app).await, stored, "no setting is changed");
    app.stop().await;
}
