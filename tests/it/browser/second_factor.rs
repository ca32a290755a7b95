//! Signing in with a second factor, and what replaces a lost one or a forgotten password.

use secrecy::ExposeSecret as _;
use tracecast::auth::password_reset;

use crate::security::second_factor::{LATER, code, secret};
use crate::support::app::TestApp;
use crate::support::browser::Browser;

const PAGE: &str = "/settings/account/second-factor";

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factor_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    browser.is_signed_in(&app.signs_up("ada@example.com").await).await;
    browser.opens(PAGE).await;
    browser.finds_nothing_wrong("no second factor").await;
    browser.sends(&format!("{PAGE}/new"), &[]).await;
    let html: String = browser.computes("return document.documentElement.outerHTML", Vec::new()).await;
    let secret = secret(&html);
    browser.finds_nothing_wrong("the picture").await;
    browser.sends(PAGE, &[("code", "000000x")]).await;
    browser.finds_nothing_wrong("a wrong code").await;
    browser.sends(PAGE, &[("code", &code(&secret))]).await;
    browser.finds(".recovery-codes").await;
    browser.finds_nothing_wrong("recovery codes").await;
    browser.opens(PAGE).await;
    browser.finds_nothing_wrong("a second factor").await;

    browser.sends("/sign-out", &[]).await;
    browser.sends("/sign-in", &[("email", "ada@example.com"), ("password", crate::security::PASSWORD)]).await;
    browser.finds("[name=code]").await;
    browser.finds_nothing_wrong("asking for a code").await;
    browser.sends("/sign-in/code", &[("code", "000000x")]).await;
    browser.finds_nothing_wrong("asking for a code again").await;
    app.database.runs(LATER).await;
    browser.sends("/sign-in/code", &[("code", &code(&secret))]).await;
    browser.waits_for("Enable Broadcast").await;
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_new_password_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    app.signs_up("ada@example.com").await;
    let token = password_reset::create(&app.state(), "ada@example.com").await.unwrap().unwrap();
    let link = format!("/password-reset/{}", token.expose_secret());
    browser.opens(&link).await;
    browser.finds_nothing_wrong("a new password").await;
    browser.sends(&link, &[("password", "short")]).await;
    browser.finds_nothing_wrong("a new password that is too short").await;
    browser.opens("/password-reset/used").await;
    browser.finds_nothing_wrong("a link that cannot be used").await;
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_of_a_person_are_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let (ada, bob) = (app.signs_up("ada@example.com").await, app.signs_up("bob@example.com").await);
    let invitation = app.invites(&ada, "member").await;
    browser.is_signed_in(&bob).await;
    browser.opens(&invitation).await;
    browser.finds_nothing_wrong("an invitation").await;
    app.posts_form(&bob, &invitation, &[]).await;
    browser.opens("/settings/account").await;
    browser.clicks(".switcher summary").await;
    browser.finds_nothing_wrong("the switcher, open").await;
    browser.stop().await;
    app.stop().await;
}
