//! What a person sees of delivery.

use crate::support::app::TestApp;
use crate::support::browser::Browser;

const CANARY: &str = "<img src=x onerror=alert(1)>";

/// Sixty attempts, a dead letter, and a destination that the program gave up on, all with hostile words.
async fn goes_through_much(app: &TestApp) {
    for statement in [
        format!(
            "INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome, status, answer)
             SELECT account_id, id, gen_random_uuid(), now() - n * interval '1 second', 3250, 500, 1100000,
                    (ARRAY['delivered', 'unavailable', 'forbidden', 'sent_by_pigeon'])[1 + n % 4], 503, 'it said {CANARY}'
             FROM destinations, generate_series(1, 60) n"
        ),
        format!(
            "INSERT INTO dead_letters (account_id, destination_id, xid, position, generation_id, recorded_at, reason, status, answer)
             SELECT account_id, id, '1', 1, 'gen-{CANARY}', now(), 'refused', 400,
                    repeat('x', 180) || '{CANARY}'
             FROM destinations"
        ),
        format!(
            "UPDATE destinations
             SET health = 'needs_attention', reason = 'it said {CANARY}', failing_since = now() - interval '6 days'"
        ),
        "UPDATE cursors SET expired = 12345, delivered = 1234567, last_success_at = now() - interval '6 days'".to_owned(),
        "INSERT INTO losses (account_id, id, requests) SELECT id, gen_random_uuid(), 1234567 FROM accounts".to_owned(),
    ] {
        app.database.runs(&statement).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    let member = app.joins(&app.invites(&cookie, "member").await, "grace@example.com").await;
    browser.is_signed_in(&cookie).await;
    browser.opens("/settings/observability").await;
    browser.follows("Deliveries to Sentry").await;
    browser.waits_for("Nothing was sent.").await;
    browser.finds_nothing_wrong("no deliveries").await;

    goes_through_much(&app).await;
    browser.opens("/settings/observability").await;
    browser.waits_for(&format!("it said {CANARY}")).await;
    browser.finds_nothing_wrong("needs attention, with losses").await;
    browser.opens(&format!("{destination}/deliveries")).await;
    browser.waits_for(&format!("gen-{CANARY}")).await;
    browser.finds_nothing_wrong("deliveries").await;
    browser.follows("Older").await;
    browser.waits_for("Older attempts").await;
    browser.finds_nothing_wrong("older deliveries").await;
    browser.opens(&format!("{destination}/dead-letters")).await;
    browser.waits_for(&format!("gen-{CANARY}")).await;
    browser.finds_nothing_wrong("dead letters").await;
    browser.clicks("input[name=pick]").await;
    browser.clicks("button[value=drop]").await;
    browser.waits_for("Drop 1 dead letter?").await;
    browser.finds_nothing_wrong("a dead letter about to be dropped").await;

    app.database.runs("UPDATE destinations SET enabled = false, switched_off_at = now()").await;
    browser.opens(&format!("{destination}/edit")).await;
    browser.waits_for("Switched off").await;
    browser.finds_nothing_wrong("a destination that is switched off").await;
    browser.sends(&format!("{destination}/resume"), &[]).await;
    browser.waits_for("Nothing was changed.").await;
    browser.finds_nothing_wrong("a destination that cannot be resumed").await;

    browser.is_signed_in(&member).await;
    browser.opens(&format!("{destination}/deliveries")).await;
    browser.finds_nothing_wrong("deliveries, as a member").await;
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_read_without_javascript() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::without_javascript(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    goes_through_much(&app).await;
    browser.is_signed_in(&cookie).await;
    browser.opens(&format!("{destination}/deliveries")).await;
    browser.waits_for("1,234,567").await;
    browser.follows("Older").await;
    browser.waits_for("Older attempts").await;
    browser.follows("Newest").await;
    browser.waits_for("Dead letters").await;
    browser.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "on").await;
    let destination = app.connects(&cookie).await;
    let question = r#"{"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}], "trace": {"trace_name": "Report"}}"#;
    assert_eq!(app.asks(&app.creates_key(&cookie).await, question).await.status, 200);
    app.receives("Report").await;
    let member = app.joins(&app.invites(&cookie, "member").await, "grace@example.com").await;
    browser.is_signed_in(&cookie).await;
    browser.opens(&format!("{destination}/replay")).await;
    browser.waits_for("Nothing was replayed so far.").await;
    browser.finds_nothing_wrong("no replay").await;
    browser.clicks("button[value=count]").await;
    browser.waits_for("Would be sent").await;
    browser.finds_nothing_wrong("a replay that is counted").await;
    browser.sends(&format!("{destination}/replay"), &[("what", "ids"), ("ids", "nonsense"), ("do", "count")]).await;
    browser.waits_for("An id here is not one").await;
    browser.finds_nothing_wrong("a replay of what has no name").await;
    browser.opens(&format!("{destination}/replay")).await;
    browser.clicks("#missed").await;
    browser.clicks("button[value=count]").await;
    browser.waits_for("Would be sent").await;
    browser.clicks("button[value=replay]").await;
    browser.waits_for("The replay has begun.").await;
    browser.finds_nothing_wrong("a replay").await;
    browser.is_signed_in(&member).await;
    browser.opens(&format!("{destination}/replay")).await;
    browser.waits_for("Ask an admin to send requests again.").await;
    browser.finds_nothing_wrong("replays, as a member").await;
    browser.stop().await;
    app.stop().await;
}
