//! A destination that accepted nothing for too long: the program switches it off, and only a passed test switches it on.

use demo_receiver::Behaviour;
use tracecast::config::Source;

use super::{OBSERVABILITY, reads_until};
use crate::five_steps::request;
use crate::support::app::TestApp;

async fn rows(app: &TestApp) -> Vec<String> {
    app.database.reads("SELECT d::text FROM destinations d ORDER BY id").await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_it_cannot_be_resumed_and_a_passed_test_sends_what_waited() {
    let app = TestApp::start_with(|given| {
        let short = given.with("retry-base", "10ms", Source::Argument).with("retry-cap", "50ms", Source::Argument);
        short.with("disable-after", "500ms", Source::Argument)
    })
    .await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    let destination = app.connects(&cookie).await;
    let key = app.creates_key(&cookie).await;
    app.receiver.behave(Behaviour::Status { code: 503, retry_after: None });
    assert_eq!(app.asks(&key, &request()).await.status, 200);

    let page = reads_until(&app, &cookie, OBSERVABILITY, "Switched off").await;
    assert!(page.contains("until an admin presses Test Connection"), "{page}");
    let failures: Vec<String> = app.database.reads("SELECT failures::text FROM destinations").await;
    assert!(failures[0].parse::<i32>().unwrap() >= 10, "{failures:?}");
    let attempts = app.receiver.received().totals().requests;

    let stored = rows(&app).await;
    let form = app.gets(&cookie, &format!("{destination}/edit")).await.text;
    assert!(form.contains("Switched off") && !form.contains("/resume") && !form.contains("/pause"), "{form}");
    for act in ["resume", "pause"] {
        let answer = app.posts_form(&cookie, &format!("{destination}/{act}"), &[]).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(answer.text.contains("Nothing was changed.") && answer.text.contains("Press Test Connection"));
        assert_eq!(rows(&app).await, stored);
    }
    let revision = form.split_once("name=\"revision\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let values = [("revision", revision.as_str()), ("name", "Sentry")];
    let failed = app.posts_form(&cookie, &destination, &values).await;
    assert_eq!(failed.status, 422);
    assert_eq!(rows(&app).await, stored);
    let arrived = app.receiver.received().traces();
    assert!(arrived.iter().all(|trace| trace.span("Error Analysis Agent").is_none()), "nothing that waits is sent");
    assert!(app.receiver.received().totals().requests > attempts, "the test itself was sent");

    app.receiver.behave(Behaviour::Normal);
    let passed = app.posts_form(&cookie, &destination, &values).await;
    assert_eq!(passed.status, 303, "{}", passed.text);
    app.receives("Error Analysis Agent").await;
    let page = reads_until(&app, &cookie, OBSERVABILITY, "Healthy").await;
    assert!(!page.contains("Switched off"), "{page}");
    let form = app.gets(&cookie, &format!("{destination}/edit")).await.text;
    assert!(form.contains("/pause") && !form.contains("Switched off"), "{form}");
    app.stop().await;
}
