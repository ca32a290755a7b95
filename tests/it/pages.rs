//! What a page asks of Postgres.

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
