//! What few people set: headers of their own, and whether traces join those of their application.

use super::says;
use crate::support::app::TestApp;

const TICKED: &str = r#"name="joinApplicationTraces" value="on" checked"#;

#[tokio::test(flavor = "multi_thread")]
async fn form_that_says_nothing_of_joining_changes_nothing_of_it() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    let edit = format!("{destination}/edit");
    says(&app.gets(&cookie, &edit).await, 200, TICKED);
    let off = [("revision", "1"), ("joinApplicationTraces", "off")];
    for form in [&off[..], &[("revision", "2")]] {
        assert_eq!(app.posts_form(&cookie, &destination, form).await.status, 303);
        assert!(!app.gets(&cookie, &edit).await.text.contains(TICKED), "{form:?}");
    }
    let on = [("revision", "3"), ("joinApplicationTraces", "on"), ("joinApplicationTraces", "off")];
    assert_eq!(app.posts_form(&cookie, &destination, &on).await.status, 303, "as a browser sends a box that is ticked");
    says(&app.gets(&cookie, &edit).await, 200, TICKED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn destination_that_an_older_version_stored_joins() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    app.database.runs("UPDATE destinations SET settings = settings - 'joinApplicationTraces'").await;
    says(&app.gets(&cookie, &format!("{destination}/edit")).await, 200, TICKED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_headers_of_sentry_are_masked_and_those_of_browsers_refused() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    for name in ["Origin", "referer"] {
        let headers = format!(r#"{{"{name}": "https://canary.example"}}"#);
        let refused = app.posts_form(&cookie, &destination, &[("revision", "1"), ("headers", &headers)]).await;
        says(&refused, 422, &format!("a request with the header {}", name.to_lowercase()));
    }
    let headers = r#"{"X-Gateway-Token": "0123456789abcdef0123"}"#;
    let stored = app.posts_form(&cookie, &destination, &[("revision", "1"), ("headers", headers)]).await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let page = app.gets(&cookie, &format!("{destination}/edit")).await;
    says(&page, 200, "****...0123");
    assert!(!page.text.contains("0123456789abcdef0123"));
    let another = r#"{"X-Gateway-Token": "****...4567"}"#;
    let refused = app.posts_form(&cookie, &destination, &[("revision", "2"), ("headers", another)]).await;
    says(&refused, 422, "This value is masked, and is not the stored one: enter the Headers in full.");
    app.stop().await;
}
