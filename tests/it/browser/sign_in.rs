//! The pages before one is signed in.

use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn signing_up_and_in_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    browser.opens("/sign-up").await;
    browser.finds_nothing_wrong("the first account").await;
    browser.sends("/sign-up", &[("email", "nobody"), ("password", "short")]).await;
    browser.finds_nothing_wrong("signing up, with mistakes").await;
    let cookie = app.signs_up("ada@example.com").await;
    browser.opens("/sign-up").await;
    browser.finds_nothing_wrong("a further account").await;
    browser.opens("/sign-in").await;
    browser.finds_nothing_wrong("sign in").await;
    browser.sends("/sign-in", &[("email", "ada@example.com"), ("password", "wrong")]).await;
    browser.finds_nothing_wrong("signing in, with a wrong password").await;

    let invitation = app.invites(&cookie, "member").await;
    browser.opens(&invitation).await;
    browser.finds_nothing_wrong("an invitation").await;
    browser.is_signed_in(&app.signs_up("grace@example.com").await).await;
    browser.opens(&invitation).await;
    browser.finds_nothing_wrong("an invitation, signed in").await;
    browser.stop().await;
    app.stop().await;
}
