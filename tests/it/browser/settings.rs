//! The settings beside Observability: keys, members, the account.

use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    browser.is_signed_in(&app.signs_up("ada@example.com").await).await;
    browser.opens("/settings/keys").await;
    browser.finds_nothing_wrong("no keys").await;
    browser.follows("API reference").await;
    browser.waits_for("Create a destination").await;
    browser.finds_nothing_wrong("the reference of the API").await;
    browser.opens("/settings/keys").await;
    browser.follows("Create a key").await;
    browser.waits_for("You see the key once").await;
    browser.finds_nothing_wrong("the form of a key").await;
    browser.sends("/settings/keys", &[("name", "")]).await;
    browser.finds_nothing_wrong("a key without a name").await;
    browser.sends("/settings/keys", &[("name", &"My application ".repeat(6)), ("type", "inference")]).await;
    browser.finds_nothing_wrong("a new key").await;
    shows_how_to_use_the_key(&browser).await;
    browser.opens("/settings/keys").await;
    browser.finds_nothing_wrong("keys").await;
    browser.follows("Revoke").await;
    browser.waits_for("cannot be undone").await;
    browser.finds_nothing_wrong("revoking a key").await;
    browser.stop().await;
    app.stop().await;
}

/// The lines of the most common clients, with the key that was just made.
async fn shows_how_to_use_the_key(browser: &Browser) {
    let key = browser.finds("#new-key").await.value().await.unwrap().unwrap();
    let page = browser.reads().await;
    for line in [
        format!("Authorization: Bearer {key}"),
        format!("/api/v1\", api_key=\"{key}\""),
        format!("ANTHROPIC_AUTH_TOKEN={key}"),
    ] {
        assert!(page.contains(&line), "`{line}` is not in\n{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_what_they_see_are_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    let member = app.joins(&app.invites(&cookie, "member").await, "grace.brewster.murray.hopper@example.com").await;
    browser.is_signed_in(&cookie).await;
    browser.opens("/settings/members").await;
    browser.finds_nothing_wrong("members").await;
    browser.sends("/settings/members/invitations", &[("role", "member")]).await;
    browser.finds_nothing_wrong("a new invitation").await;
    browser.follows("Remove").await;
    browser.waits_for("signed out of this account").await;
    browser.finds_nothing_wrong("removing a member").await;
    browser.is_signed_in(&member).await;
    for section in ["observability", "keys", "members", "account"] {
        browser.opens(&format!("/settings/{section}")).await;
        browser.finds_nothing_wrong(&format!("{section}, as a member")).await;
    }
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    browser.is_signed_in(&cookie).await;
    browser.opens("/settings/account").await;
    browser.finds_nothing_wrong("the account").await;
    browser.opens("/settings/account/you").await;
    browser.finds_nothing_wrong("you").await;
    browser.sends("/settings/account/password", &[("current_password", "wrong"), ("password", "short")]).await;
    browser.finds_nothing_wrong("the account, with mistakes").await;
    for path in ["/settings/account/audit", "/settings/account/delete", "/settings/members/leave"] {
        browser.opens(path).await;
        browser.finds_nothing_wrong(path).await;
    }
    app.database.runs("UPDATE sessions SET confirmed_at = now() - interval '1 hour'").await;
    browser.sends("/settings/keys", &[("name", "Terraform"), ("type", "management")]).await;
    browser.waits_for("Enter your password").await;
    browser.finds_nothing_wrong("asking for the password again").await;
    browser.stop().await;
    app.stop().await;
}
