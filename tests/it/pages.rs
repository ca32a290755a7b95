//! What a page asks of Postgres.

use std::time::Duration;

use crate::delivery::postgres_proxy::PostgresProxy;
use crate::support::app::TestApp;
use crate::support::database::Database;

/// How often a page is loaded. Its first load on a new connection also asks what types there are.
const LOADS: usize = 5;

/// The statements of one load of a page, in a process that has drawn it before.
async fn statements(app: &TestApp, proxy: &PostgresProxy, cookie: &str, path: &str) -> (u64, String) {
    let (mut fewest, mut text) = (u64::MAX, String::new());
    for _ in 0..LOADS {
        let before = proxy.statements().completed_by("tracecast web").await;
        let page = app.gets(cookie, path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        fewest = fewest.min(proxy.statements().completed_by("tracecast web").await - before);
        text = page.text;
    }
    (fewest, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn observability_is_drawn_with_at_most_ten_statements() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let url = proxy.url(&database.url);
    let app = TestApp::start_through(database, &url).await;
    let cookie = app.signs_up("ada@example.com").await;
    let mut destinations = Vec::new();
    for _ in 0..3 {
        destinations.push(app.connects(&cookie).await);
    }
    let (statements, page) = statements(&app, &proxy, &cookie, "/settings/observability").await;
    for destination in destinations {
        assert!(page.contains(&destination), "{destination} is missing: {page}");
    }
    assert!((1..=10).contains(&statements), "{statements} statements");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn activity_asks_no_more_for_the_marks_of_fifty_requests_than_for_those_of_one() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let url = proxy.url(&database.url);
    let app = TestApp::start_through(database, &url).await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "on").await;
    for _ in 0..2 {
        app.connects(&cookie).await;
    }
    let key = app.creates_key(&cookie).await;
    let question = r#"{"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}]}"#;
    assert_eq!(app.asks(&key, question).await.status, 200);
    for _ in 0..600 {
        if app.gets(&cookie, "/activity").await.text.contains("title=\"Sentry: delivered\"") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (of_one, page) = statements(&app, &proxy, &cookie, "/activity").await;
    assert_eq!(page.matches("class=\"receipts\"").count(), 1, "{page}");
    app.database
        .runs(
            "INSERT INTO request_facts
             SELECT (f).account_id, (f).recorded_at, (f).xid, (f).position + n, (f).completed_at, (f).trace_key, NULL, NULL, 5, NULL, NULL,
                    NULL, NULL, (f).trace_id, NULL, 200, true, 'succeeded', 'gen-copy-' || n, NULL, 'm', NULL, NULL, NULL, NULL
             FROM (SELECT f FROM request_facts f) f, generate_series(1, 60) n",
        )
        .await;
    let (of_fifty, page) = statements(&app, &proxy, &cookie, "/activity").await;
    assert_eq!(page.matches("class=\"receipts\"").count(), 50, "{page}");
    assert_eq!(page.matches("class=\"mark mark-").count() - 4, 100, "two destinations, and four in the legend");
    assert!(of_fifty <= of_one, "{of_fifty} statements, {of_one} for one request");
    app.stop().await;
}
