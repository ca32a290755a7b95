//! The five steps with nothing but a keyboard: everything is reached by Tab, the focus can always be seen, and it goes
//! where the news is.

use thirtyfour::Key;

use crate::five_steps::request;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

async fn fills(browser: &Browser, name: &str, text: &str) {
    browser.tabs_to(&format!("[name={name}]")).await;
    browser.presses(text).await;
}

async fn signs_up(browser: &Browser) {
    browser.opens("/sign-up").await;
    browser.tabs_to("a.skip").await;
    browser.presses(Key::Enter).await;
    fills(browser, "account_name", "Acme").await;
    fills(browser, "email", "ada").await;
    fills(browser, "password", "correct horse battery staple").await;
    browser.presses(Key::Enter).await;
    // The mistake: its summary has the focus, and leads to the field.
    browser.waits_for("There is a problem").await;
    assert!(browser.focus_is_at("#problems").await, "{}", browser.focus().await);
    browser.tabs_to("#problems a").await;
    browser.presses(Key::Enter).await;
    assert!(browser.focus_is_at("[name=email]").await, "{}", browser.focus().await);
    browser.presses(Key::End).await;
    browser.presses("@example.com").await;
    fills(browser, "password", "correct horse battery staple").await;
    browser.tabs_to("main button[type=submit]").await;
    browser.presses(Key::Enter).await;
    browser.waits_for("Five steps to the first trace").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_five_steps_need_no_mouse() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    signs_up(&browser).await;
    browser.tabs_to("#broadcast").await;
    browser.presses(Key::Space).await;
    browser.waits_for("Requests that complete from now on are sent").await;
    browser.waits_until("return document.activeElement.id === 'broadcast'").await;

    browser.tabs_to("a[href$='/sentry/new']").await;
    browser.presses(Key::Enter).await;
    browser.waits_for("Saved when the test passes").await;
    fills(&browser, "dsn", &app.receiver.dsn().replace("7c1f", "aaaa")).await;
    browser.tabs_to("#test-connection").await;
    browser.presses(Key::Space).await;
    browser.waits_for("Nothing was saved").await;
    browser.waits_until("return document.activeElement.id === 'problems'").await;

    browser.tabs_to("[name=dsn]").await;
    browser.presses(&app.receiver.dsn()).await;
    browser.presses(Key::Enter).await;
    browser.waits_for("The connection works").await;

    browser.opens("/settings/keys").await;
    browser.tabs_to("a[href='/settings/keys/new']").await;
    browser.presses(Key::Enter).await;
    browser.waits_for("You see the key once").await;
    fills(&browser, "name", "My application").await;
    browser.presses(Key::Enter).await;
    browser.waits_for("Copy your new key").await;
    assert!(browser.focus_is_at("#new-key").await, "{}", browser.focus().await);
    let key = browser.finds("#new-key").await.value().await.unwrap().unwrap();
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    app.receives("Error Analysis Agent").await;

    browser.opens(&app.receiver.url()).await;
    browser.tabs_to("a.card").await;
    browser.presses(Key::Enter).await;
    browser.waits_for("Analyze Stack Trace").await;
    browser.tabs_to("details summary").await;
    browser.presses(Key::Enter).await;
    browser.waits_for("sentry.op").await;
    browser.stop().await;
    app.stop().await;
}
