//! `key rotate` while people edit, cut off in the middle, and run again.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tracecast::config::Source;
use tracecast::seal::KeyId;

use super::{NEW, OLD, Row, add_destinations, add_second_factor, connection, dsn, rows, sealed, second_factor};
use crate::support::app::TestApp;
use crate::support::program::{program, run};

const BOTH: &str = "f0f102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f,000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn rotate(app: &TestApp, keys: &str) -> Command {
    let mut command = program(&["key", "rotate"]);
    command.env("DATABASE_URL", &app.database.url).env("TRACECAST_KEYS", keys);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How many rows the new key has sealed.
fn resealed(rows: &[Row]) -> usize {
    rows.iter().filter(|row| dsn(row, NEW).is_some()).count()
}

/// Holds one row for itself, so that what comes after it in a rotation has to wait.
async fn hold<'a>(connection: &'a mut PgConnection, row: &Row) -> sqlx::Transaction<'a, sqlx::Postgres> {
    let mut transaction = connection.begin().await.unwrap();
    let lock = sqlx::query("SELECT FROM destinations WHERE id = $1 FOR UPDATE").bind(row.id);
    lock.execute(&mut *transaction).await.unwrap();
    transaction
}

/// Waits until the rotation stands before the row that is held.
async fn stands(app: &TestApp, child: &mut Child) {
    let waiting = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()
                   AND wait_event_type = 'Lock' AND application_name = 'tracecast key'";
    for _ in 0..1_200 {
        if !app.database.reads(waiting).await.is_empty() {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended instead");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the rotation never came to the row that is held");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_changes_under_edits_and_after_a_kill_and_nothing_is_lost() {
    let app = TestApp::start_with(|given| given.with("keys", format!("{OLD},{NEW}"), Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    add_destinations(&app, 250).await;
    let before = rows(&app.database).await;
    assert_eq!(resealed(&before), 0);
    let (mut first, mut second) = (connection(&app.database).await, connection(&app.database).await);

    // Cut off in the middle: what was done stays done, what was not can still be opened.
    let held = hold(&mut first, &before[150]).await;
    let mut child = rotate(&app, BOTH).spawn().unwrap();
    stands(&app, &mut child).await;
    child.kill().unwrap();
    child.wait().unwrap();
    held.rollback().await.unwrap();
    let halfway = rows(&app.database).await;
    assert_eq!(resealed(&halfway[..150]), 150);
    assert_eq!(resealed(&halfway[151..]), 0);
    assert!(halfway.iter().zip(&before).all(|(row, old)| dsn(row, BOTH) == dsn(old, OLD)));

    // Run again, while a person edits the very row that it is about to write, and another one is renamed and deleted.
    let mut held = hold(&mut second, &before[200]).await;
    let mut child = rotate(&app, BOTH).spawn().unwrap();
    stands(&app, &mut child).await;
    let edited = sealed("https://key@sentry.example/edited", OLD, before[200].place);
    let edit = sqlx::query("UPDATE destinations SET secrets = $2 WHERE id = $1").bind(before[200].id).bind(edited);
    edit.execute(&mut *held).await.unwrap();
    let path = |row: &Row| format!("/settings/observability/destinations/{}", row.id);
    let renaming = format!("{}/defaults", path(&before[220]));
    assert_eq!(app.posts_form(&cookie, &renaming, &[("name", "Renamed"), ("revision", "1")]).await.status, 303);
    assert_eq!(app.posts_form(&cookie, &format!("{}/delete", path(&before[230])), &[]).await.status, 303);
    held.commit().await.unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("sealed again") && said.contains("The other keys can be removed."), "{said}");

    let after = rows(&app.database).await;
    assert_eq!((after.len(), resealed(&after)), (250, 250));
    for (row, old) in after.iter().zip(before.iter().filter(|old| old.id != before[230].id)) {
        let expected =
            if row.id == before[200].id { Some("https://key@sentry.example/edited".to_owned()) } else { dsn(old, OLD) };
        assert_eq!(dsn(row, NEW), expected);
    }
    assert_eq!(app.database.reads("SELECT name FROM destinations WHERE name = 'Renamed'").await.len(), 1);
    // An edit that began before the change still ends well: the change is none of the person's business.
    let kept = app.posts_form(&cookie, &destination, &[("revision", "1"), ("name", "Kept"), ("dsn", "")]).await;
    assert_eq!(kept.status, 303, "{}", kept.text);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_a_second_key_or_with_damaged_secrets_is_told() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    add_destinations(&app, 2).await;
    for keys in [OLD.to_owned(), format!("{OLD},{OLD}")] {
        let output = rotate(&app, &keys).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("There is only one sealing key."), "{said}");
    }
    let id = rows(&app.database).await[1].id;
    app.database.runs(&format!("UPDATE destinations SET secrets = secrets || '\\x00' WHERE id = '{id}'")).await;
    let output = rotate(&app, BOTH).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("1 stored secret(s) do not open"), "{said}");
    let after = rows(&app.database).await;
    assert_eq!(resealed(&after), 2, "the others are done");
    assert_eq!(KeyId::of(&after[1].secrets), KeyId::of(&sealed("x", OLD, after[1].place)), "it is left as it was");
    // The old key is still needed, and the start says so.
    let output = run(&["migrate"], &[("DATABASE_URL", &app.database.url), ("TRACECAST_KEYS", NEW)]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("not among the sealing keys"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factors_of_people_are_sealed_again_too() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, Source::Argument)).await;
    app.signs_up("ada@example.com").await;
    let place = add_second_factor(&app, b"canary").await;
    let output = rotate(&app, BOTH).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(second_factor(&app, place).await, b"canary");
    app.stop().await;
}
