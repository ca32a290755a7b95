//! Who can write to the database, or to a backup of it, cannot make a secret serve somebody else.

use std::time::Duration;

use super::{OLD, connection, rows};
use crate::support::app::TestApp;

async fn swap_secrets(app: &TestApp) {
    let rows = rows(&app.database).await;
    let mut connection = connection(&app.database).await;
    for (row, other) in [(&rows[0], &rows[1]), (&rows[1], &rows[0])] {
        let update =
            sqlx::query("UPDATE destinations SET secrets = $2 WHERE id = $1").bind(row.id).bind(&other.secrets);
        update.execute(&mut connection).await.unwrap();
    }
}

/// Why a destination needs attention, as soon as it does.
async fn reasons(app: &TestApp) -> Vec<String> {
    for _ in 0..600 {
        let reasons = app.database.reads("SELECT reason FROM destinations WHERE reason IS NOT NULL").await;
        if !reasons.is_empty() {
            return reasons;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody noticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_copied_to_another_row_opens_for_nobody() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, tracecast::config::Source::Argument)).await;
    let (ada, eve) = (app.signs_up("ada@example.com").await, app.signs_up("eve@example.com").await);
    app.switches(&ada, "true").await;
    let destination = app.connects(&ada).await;
    app.connects(&eve).await;
    swap_secrets(&app).await;
    let before = app.receiver.received().totals().requests;

    let key = app.creates_key(&ada).await;
    let body = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
    assert_eq!(app.asks(&key, body).await.status, 200);
    assert_eq!(reasons(&app).await, ["The stored secret cannot be opened any more. Enter it again."]);
    assert_eq!(app.receiver.received().totals().requests, before, "nothing was sent with the other's key");

    // The form takes no empty secret any more, and a new one mends it.
    let empty = app.posts_form(&ada, &destination, &[("revision", "1"), ("dsn", "")]).await;
    assert_eq!(empty.status, 422, "{}", empty.text);
    assert!(empty.text.contains("Enter the Sentry DSN"), "{}", empty.text);
    let dsn = app.receiver.dsn();
    let mended = app.posts_form(&ada, &destination, &[("revision", "1"), ("dsn", &dsn)]).await;
    assert_eq!(mended.status, 303, "{}", mended.text);
    app.receives("chat demo/echo").await;
    app.stop().await;
}
