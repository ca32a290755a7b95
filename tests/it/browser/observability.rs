//! Settings › Observability and the form of a destination.

use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_a_destination_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    browser.is_signed_in(&app.signs_up("ada@example.com").await).await;
    browser.opens("/settings/observability").await;
    browser.finds_nothing_wrong("before anything is configured").await;
    browser.follows("All ").await;
    browser.waits_for("Add a destination").await;
    browser.finds_nothing_wrong("the kinds").await;
    browser.types("q", "sentry").await;
    browser.clicks("main [type=submit]").await;
    browser.waits_for("Show all").await;
    assert_eq!(browser.driver.find_all(thirtyfour::By::Css(".kind")).await.unwrap().len(), 1);
    browser.finds_nothing_wrong("kinds that are searched for").await;
    browser.opens("/settings/observability/new?q=no+such+tool").await;
    browser.waits_for("takes any endpoint and headers").await;
    browser.finds_nothing_wrong("no kind that is searched for").await;
    browser.opens("/settings/observability/sentry/new").await;
    browser.finds_nothing_wrong("a new destination").await;
    browser.sends("/settings/observability/sentry", &[("dsn", "nonsense"), ("environment", "a b")]).await;
    browser.finds_nothing_wrong("a new destination, with mistakes").await;
    let unknown = app.receiver.dsn().replace("7c1f", "aaaa");
    browser.sends("/settings/observability/sentry", &[("dsn", &unknown)]).await;
    browser.waits_for("Nothing was saved").await;
    browser.finds_nothing_wrong("a test that failed").await;
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_its_preview_and_its_versions_are_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    // Content that no destination may receive is not recorded.
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    let body = r#"{"model":"demo/echo","user":"user_1","messages":[{"role":"user","content":"I am ada@b.example"}]}"#;
    assert_eq!(app.asks(&key, body).await.status, 200);
    for _ in 0..600 {
        if app.database.reads("SELECT count(*)::text FROM completed_requests").await == ["1"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    browser.is_signed_in(&cookie).await;
    let form = |button: &'static str, expression: &'static str| {
        let off = ["sent-phone", "sent-card", "sent-iban", "sent-ip", "sent-token"].map(|name| (name, "keep"));
        let rest = [
            ("revision", "1"),
            ("sent-email", "hash"),
            ("sent-user", "hashed"),
            ("sent-session", "as_is"),
            ("sent-metadata", "all"),
            ("sent-pattern-1", expression),
            ("sent-pattern-1-action", "drop"),
            ("do", button),
        ];
        off.into_iter().chain(rest).collect::<Vec<_>>()
    };
    let path = format!("{destination}/sent");
    browser.sends(&path, &form("save", "(")).await;
    browser.waits_for("The regular expression is not valid").await;
    browser.finds_nothing_wrong("an expression with a mistake").await;
    browser.sends(&path, &form("preview", "CUST-[0-9]{6}")).await;
    browser.waits_for("tracecast.redactions").await;
    browser.finds_nothing_wrong("a preview").await;
    browser.sends(&path, &form("save", "CUST-[0-9]{6}")).await;
    browser.opens(&format!("{destination}/versions")).await;
    browser.waits_for("Version 2").await;
    browser.finds_nothing_wrong("versions").await;
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    browser.is_signed_in(&cookie).await;
    browser.opens("/settings/observability").await;
    browser.finds_nothing_wrong("with a destination").await;
    browser.opens(&format!("{destination}/edit")).await;
    browser.finds_nothing_wrong("a destination").await;
    browser.sends(&destination, &[("revision", "9"), ("name", "Sentry")]).await;
    browser.waits_for("Somebody changed this destination").await;
    browser.finds_nothing_wrong("a destination that somebody else changed").await;
    browser.sends(&format!("{destination}/pause"), &[]).await;
    browser.finds_nothing_wrong("a paused destination").await;
    browser.opens(&format!("{destination}/delete")).await;
    browser.finds_nothing_wrong("deleting a destination").await;
    browser.stop().await;
    app.stop().await;
}
