//! The path that must always work (spec 1), by mouse: with JavaScript and without.

use crate::five_steps::request;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

/// Step 1 and what comes before: an account.
async fn signs_up(browser: &Browser) {
    browser.opens("/").await;
    browser.waits_for("Create the first account").await;
    browser.types("account_name", "Acme").await;
    browser.types("email", "ada@example.com").await;
    browser.types("password", "correct horse battery staple").await;
    browser.clicks("main button[type=submit]").await;
    browser.waits_for("Five steps to the first trace").await;
}

/// Steps 2 to 4: first with a key that nobody knows, then with the right one.
async fn connects(browser: &Browser, app: &TestApp) {
    browser.clicks("#broadcast").await;
    browser.waits_for("Requests that complete from now on are sent").await;
    browser.clicks("a[href$='/sentry/new']").await;
    browser.waits_for("Saved when the test passes").await;

    let unknown = app.receiver.dsn().replace("7c1f", "aaaa");
    browser.types("dsn", &unknown).await;
    browser.clicks("#defaults summary").await;
    browser.types("environment", "staging").await;
    browser.clicks("#test-connection").await;
    browser.waits_for("The connection test failed").await;
    for words in ["Nothing was saved", "This key does not exist"] {
        assert!(browser.reads().await.contains(words), "{}", browser.reads().await);
    }
    assert!(browser.driver.title().await.unwrap().starts_with("Error: "));
    assert!(browser.focus_is_at("#problems").await, "{}", browser.focus().await);
    for (name, typed) in [("dsn", unknown.as_str()), ("environment", "staging")] {
        assert_eq!(browser.finds(&format!("[name={name}]")).await.value().await.unwrap().unwrap(), typed);
    }

    browser.types("dsn", &app.receiver.dsn()).await;
    browser.types("otlp_endpoint", &app.receiver.endpoint()).await;
    browser.clicks("#test-connection").await;
    browser.waits_for("The connection works").await;
    let url = browser.driver.current_url().await.unwrap();
    assert!(url.path().ends_with("/edit"), "{url}");
    browser.opens("/settings/observability").await;
    browser.waits_for("Healthy").await;
}

/// Step 5, and what arrived: read at the receiver, on its own page, and on the request's. Copying takes a script.
async fn sends_a_request(browser: &Browser, app: &TestApp, can_copy: bool) {
    browser.opens("/settings/keys").await;
    browser.follows("Create a key").await;
    browser.types("name", "My application").await;
    browser.clicks("main button[type=submit]").await;
    browser.waits_for("Copy your new key").await;
    assert_eq!(browser.finds("[data-copy]").await.is_displayed().await.unwrap(), can_copy);
    let key = browser.finds("#new-key").await.value().await.unwrap().unwrap();
    let answer = app.asks(&key, &request()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);

    let trace = app.receives("Error Analysis Agent").await;
    assert_eq!(trace.trace_id, "f6e81927bbb98a995017478a1591fc04");
    let summary = trace.summary();
    assert_eq!(summary.transaction.as_deref(), Some("Error Analysis Agent"));
    assert_eq!(summary.environment.as_deref(), Some("production"));
    assert_eq!(summary.release.as_deref(), Some("v2.1.0"));

    browser.opens(&app.receiver.url()).await;
    browser.follows("Error Analysis Agent").await;
    browser.waits_for("Environment").await;
    let page = browser.reads().await;
    for words in ["Error Analysis Agent", "production", "v2.1.0", "Analyze Stack Trace", &trace.trace_id] {
        assert!(page.contains(words), "`{words}` is not in\n{page}");
    }
    browser.opens("/settings/observability").await;
    browser.waits_for("see what became of it").await;
    browser.follows("see what became of it").await;
    browser.waits_for("Analyze Stack Trace").await;
    assert!(browser.reads().await.contains("Delivered"), "{}", browser.reads().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_five_steps_lead_from_nothing_to_a_trace() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    signs_up(&browser).await;
    connects(&browser, &app).await;
    sends_a_request(&browser, &app, true).await;
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_five_steps_need_no_javascript() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::without_javascript(&app.url).await else { return };
    signs_up(&browser).await;
    connects(&browser, &app).await;
    sends_a_request(&browser, &app, false).await;
    browser.stop().await;
    app.stop().await;
}
