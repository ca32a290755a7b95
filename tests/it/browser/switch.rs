//! The Enable Broadcast switch: what it says to a person and to a screen reader, and what it does in between.

use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_says_its_state_and_keeps_its_label() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    browser.is_signed_in(&app.signs_up("ada@example.com").await).await;
    browser.opens("/settings/observability").await;
    for (state, words) in [("true", "from now on are sent"), ("false", "never sent later"), ("true", "are sent")] {
        browser.clicks("#broadcast").await;
        browser.waits_for(words).await;
        let switch = browser.finds("#broadcast").await;
        assert_eq!(switch.attr("role").await.unwrap().unwrap(), "switch");
        assert_eq!(switch.attr("aria-checked").await.unwrap().unwrap(), state);
        assert_eq!(switch.text().await.unwrap(), "Enable Broadcast");
    }
    assert_eq!(browser.refusals().await, Vec::<String>::new());
    browser.driver.refresh().await.unwrap();
    browser.waits_for("from now on are sent").await;
    browser.stop().await;
    app.stop().await;
}
