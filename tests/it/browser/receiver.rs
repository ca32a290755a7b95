//! The demo receiver's pages.

use crate::five_steps::request;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn the_receivers_pages_are_open_to_everybody() {
    let app = TestApp::start().await;
    let receiver = app.receiver.url();
    let Some(browser) = Browser::start(&receiver).await else { return };
    browser.opens("/").await;
    browser.finds_nothing_wrong("no traces").await;
    browser.opens("/requests").await;
    browser.finds_nothing_wrong("no requests").await;

    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    app.connects(&cookie).await;
    assert_eq!(app.asks(&app.creates_key(&cookie).await, &request()).await.status, 200);
    let trace = app.receives("Error Analysis Agent").await;
    browser.opens("/").await;
    browser.finds_nothing_wrong("traces").await;
    for path in [&format!("/traces/{}", trace.trace_id), "/requests"] {
        browser.opens(path).await;
        browser
            .driver
            .execute("document.querySelectorAll('details').forEach((e) => e.open = true)", Vec::new())
            .await
            .unwrap();
        browser.finds_nothing_wrong(path).await;
    }
    for path in ["/behaviour", "/traces/unknown"] {
        browser.opens(path).await;
        browser.finds_nothing_wrong(path).await;
    }
    browser.stop().await;
    app.stop().await;
}
