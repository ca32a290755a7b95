//! The path that must always work (spec 1), over HTTP: sign up, toggle, Sentry form, Test Connection, request, trace.

use std::time::Duration;

use crate::support::app::TestApp;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

const SENTRY: &str = "/settings/observability/sentry";

/// The request of the product's page (spec 1).
pub(crate) fn request() -> String {
    json!({
        "model": "openai/gpt-4o",
        "messages": [{ "role": "user", "content": "Debug this error..." }],
        "user": "user_12345", "session_id": "session_abc",
        "trace": { "trace_id": "incident_investigation_001", "trace_name": "Error Analysis Agent",
                   "generation_name": "Analyze Stack Trace", "environment": "production", "release": "v2.1.0" }
    })
    .to_string()
}

pub(crate) async fn count(app: &TestApp, table: &str) -> i64 {
    let mut connection = PgConnection::connect(&app.database.admin_url).await.unwrap();
    let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_becomes_the_trace_that_its_metadata_asks_for() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    app.connects(&cookie).await;
    let key = app.creates_key(&cookie).await;
    let answer = app.asks(&key, &request()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);

    let trace = app.receives("Error Analysis Agent").await;
    assert_eq!(trace.trace_id, "f6e81927bbb98a995017478a1591fc04");
    let summary = trace.summary();
    assert_eq!(summary.transaction.as_deref(), Some("Error Analysis Agent"));
    assert_eq!(summary.environment.as_deref(), Some("production"));
    assert_eq!(summary.release.as_deref(), Some("v2.1.0"));
    assert!(trace.span("Analyze Stack Trace").is_some());
    let page = app.gets(&cookie, "/settings/observability").await;
    assert!(page.text.contains("Healthy"));
    assert!(page.text.contains("<a href=\"/activity/newest\">see what became of it</a>"), "{}", page.text);
    let request = leads_to_the_request(&app, &cookie).await;
    let page = app.gets(&cookie, &request).await;
    assert!(page.text.contains("<h1>Error Analysis Agent</h1>"), "{}", page.text);
    app.stop().await;
}

/// Where the guide leads once the request is counted.
async fn leads_to_the_request(app: &TestApp, cookie: &str) -> String {
    for _ in 0..600 {
        let newest = app.gets(cookie, "/activity/newest").await;
        assert_eq!(newest.status, 303, "{}", newest.text);
        if newest.location.starts_with("/activity/gen-") {
            return newest.location;
        }
        assert_eq!(newest.location, "/activity");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the guide never leads to the request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_is_stored_only_when_its_test_passes() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let unknown = app.receiver.dsn().replace("7c1f", "aaaa");
    let answer = app.posts_form(&cookie, SENTRY, &[("dsn", &unknown)]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("Nothing was saved"), "{}", answer.text);
    assert_eq!(count(&app, "destinations").await, 0);
    for wrong in ["", "nonsense", "https://abc@host/1", "http://7c1f6e0b2a9d4c35b8e06f1d5a72943e@10.0.0.1/1"] {
        let answer = app.posts_form(&cookie, SENTRY, &[("dsn", wrong)]).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
    assert_eq!(count(&app, "destinations").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_completes_while_broadcast_is_off_is_never_exported() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let key = app.creates_key(&cookie).await;
    let named = |name: &str| {
        json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "trace": { "trace_name": name } })
            .to_string()
    };
    assert_eq!(app.asks(&key, &named("while off")).await.status, 200);
    while count(&app, "completed_requests").await < 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.switches(&cookie, "true").await;
    assert_eq!(app.asks(&key, &named("while on")).await.status, 200);
    app.receives("while on").await;
    assert!(app.receiver.received().traces().iter().all(|trace| trace.span("while off").is_none()));
    assert_eq!(count(&app, "completed_requests WHERE content IS NOT NULL").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_a_sentence_and_never_a_5xx() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let key = app.creates_key(&cookie).await;
    let deep = format!("{{\"messages\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for body in ["", "{", "[]", "{\"messages\":5}", "{\"a\":1,\"a\":2}", "{\"messages\":[],\"top_p\":1e400}", &deep] {
        let answer = app.asks(&key, body).await;
        assert_eq!(answer.status, 400, "{}", &answer.text);
        assert!(answer.text.contains("\"message\":"));
    }
    assert_eq!(app.asks("tck-inf-wrong", "{}").await.status, 401);
    let long = "x".repeat(10_000);
    let dsn = app.receiver.dsn();
    for (name, value) in
        [("name", long.as_str()), ("dsn", long.as_str()), ("dsn", "a\0b"), ("otlp_endpoint", "ftp://x")]
    {
        let answer = app.posts_form(&cookie, SENTRY, &[(name, value), ("dsn", &dsn)]).await;
        assert_eq!(answer.status, 422, "{name}");
    }
    let flood = "x".repeat(5 * 1024 * 1024);
    assert_eq!(app.posts_form(&cookie, SENTRY, &[("dsn", &flood)]).await.status, 413);
    for path in ["/settings/keys/nonsense/revoke", "/settings/observability/destinations/x/edit", "/nothing"] {
        assert_eq!(app.gets(&cookie, path).await.status, 404, "{path}");
    }
    assert_eq!(app.gets("", "/settings/observability").await.status, 303);
    app.stop().await;
}
