//! Pages that say what went wrong, and that a page's policy is in force.

use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_errors_are_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let admin = app.signs_up("ada@example.com").await;
    let member = app.joins(&app.invites(&admin, "member").await, "grace@example.com").await;
    browser.opens("/nothing").await;
    browser.finds_nothing_wrong("not found").await;
    browser.opens("/invitations/used").await;
    browser.finds_nothing_wrong("an invitation that cannot be used").await;
    browser.opens("/sign-in").await;
    browser.sends("/sign-in", &[("email", &"x".repeat(100_000))]).await;
    browser.finds_nothing_wrong("a form that is too large").await;
    browser.is_signed_in(&member).await;
    browser.opens("/settings/observability/sentry/new").await;
    browser.finds_nothing_wrong("only for admins").await;
    for path in ["/nothing", "/settings/nothing"] {
        browser.opens(path).await;
        browser.waits_for("There is nothing here").await;
        browser.finds_nothing_wrong("not found, signed in").await;
        // The sections stay in reach.
        browser.finds(".sections a[href='/settings/keys']").await;
    }
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_refuses_what_its_policy_does_not_name() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    browser.opens("/sign-up").await;
    assert_eq!(browser.refusals().await, Vec::<String>::new());
    for smuggled in [
        "document.body.setAttribute('style', 'color: red')",
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'alert(1)' }))",
        "document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:1/x.png' }))",
    ] {
        let before = browser.refusals().await.len();
        browser.driver.execute(smuggled, Vec::new()).await.unwrap();
        browser.waits_until(&format!("return window.complaints.length > {before}")).await;
    }
    browser.stop().await;
    app.stop().await;
}
