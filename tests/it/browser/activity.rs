//! Activity: what completed, as a person reads and filters it.

use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn activity_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    browser.is_signed_in(&cookie).await;
    browser.opens("/activity").await;
    browser.waits_for("No requests yet").await;
    browser.finds_nothing_wrong("no requests").await;

    app.database
        .runs(
            "INSERT INTO request_facts
             SELECT a.id, now(), '7', n, now() - n * interval '20 minutes', 1, n, 1, 30 * n, 10, 1234567, 88, 0.0000071 * n,
                    gen_random_uuid(), NULL, 200 + n, n % 3 > 0, (ARRAY['succeeded', 'failed', 'refused', 'cancelled'])[1 + n % 4],
                    'gen-' || n, repeat('<b>long</b>', n), 'a-provider-with-a-long-name/and-a-model-with-a-longer-one', 'another',
                    'production', repeat('session', 20) || n, repeat('person', 20)
             FROM accounts a, generate_series(1, 60) n",
        )
        .await;
    browser.opens("/activity").await;
    browser.waits_for("Older").await;
    browser.finds_nothing_wrong("requests").await;
    browser.opens("/activity?slower=0.2&user=nobody&from=soon").await;
    browser.waits_for("Type a date").await;
    browser.finds_nothing_wrong("filters with a mistake").await;
    browser.opens("/activity?slower=0.2&environment=production").await;
    browser.waits_for("Environment: production").await;
    browser.finds_nothing_wrong("filters").await;
    browser.opens("/activity/sessions").await;
    browser.waits_for("Older").await;
    browser.finds_nothing_wrong("sessions").await;
    browser.opens("/activity/usage").await;
    browser.waits_for("Nothing in this time").await;
    browser.finds_nothing_wrong("no usage").await;
    let name = "'a-provider-with-a-long-name/and-a-model-with-a-longer-one-' || n";
    app.database
        .runs(&format!(
            "INSERT INTO usage_rollups
             SELECT a.id, 'hour', date_trunc('hour', now()) - n * interval '1 hour', {name}, '00000000-0000-0000-0000-000000000000', '',
                    1000000, 1, 0, 0, 123456789, 4567, 1000, 3.5 * n, '\\x5001', ''
             FROM accounts a, generate_series(0, 14) n"
        ))
        .await;
    browser.opens("/activity/usage").await;
    browser.waits_for("All others").await;
    browser.finds_nothing_wrong("usage").await;
    browser.stop().await;
    app.stop().await;
}
