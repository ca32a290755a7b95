//! A sealing key that is lost for good: the operator says so, and the program starts again.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sqlx::Connection as _;
use tracecast::config::Source;

use super::{NEW, OLD, add_destinations, add_second_factor, connection, rows, second_factor};
use crate::support::app::TestApp;
use crate::support::program::{program, run};

const LOST: &str = "630dcd29";

fn key(app: &TestApp, arguments: &[&str]) -> Command {
    let mut command = program(&[&["key"], arguments].concat());
    command.env("DATABASE_URL", &app.database.url).env("TRACECAST_KEYS", NEW).env("TRACECAST_LOG", "off");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

fn starts(app: &TestApp) -> bool {
    run(&["migrate"], &[("DATABASE_URL", &app.database.url), ("TRACECAST_KEYS", NEW)]).status.success()
}

/// Destinations that say that their secret was given up, and entries of the audit log that tell it.
async fn given_up(app: &TestApp) -> (usize, usize) {
    let reason = "SELECT id::text FROM destinations WHERE health = 'needs_attention'
                  AND reason = 'The stored secret was given up, because the key that sealed it is lost. Enter it again.'";
    let entries = "SELECT id::text FROM audit_log WHERE event = 'secret_given_up' AND actor_kind = 'operator'";
    (app.database.reads(reason).await.len(), app.database.reads(entries).await.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_a_lost_key_are_given_up_after_a_kill_too_and_entered_again() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    add_destinations(&app, 150).await;
    assert!(!starts(&app));
    let listed = said(&key(&app, &["list"]).output().unwrap());
    assert!(listed.contains("seals") && listed.contains(&format!("{LOST}  missing  151 secret(s)")), "{listed}");

    let told = key(&app, &["forget", LOST]).output().unwrap();
    assert!(told.status.success() && said(&told).contains("151 destination(s), 0 second factor(s)"), "{}", said(&told));
    assert_eq!(given_up(&app).await, (0, 0), "without --yes nothing is changed");

    // Cut off in the middle, then run again.
    let before = rows(&app.database).await;
    let mut other = connection(&app.database).await;
    let mut held = other.begin().await.unwrap();
    let lock = sqlx::query("SELECT FROM cursors WHERE destination_id = $1 FOR UPDATE").bind(before[70].id);
    lock.execute(&mut *held).await.unwrap();
    let mut child = key(&app, &["forget", LOST, "--yes"]).spawn().unwrap();
    for _ in 0..1_200 {
        if given_up(&app).await.0 == 70 {
            break;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended instead");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    held.rollback().await.unwrap();
    assert_eq!(given_up(&app).await, (70, 70));
    assert!(!starts(&app));
    let rest = key(&app, &["forget", LOST, "--yes"]).output().unwrap();
    assert!(rest.status.success() && said(&rest).contains("Given up: 81 destination(s)"), "{}", said(&rest));
    assert_eq!(given_up(&app).await, (151, 151));
    assert!(starts(&app));
    mends(app, &destination).await;
}

/// The rest of the story, on the same database with the new key alone.
async fn mends(app: TestApp, destination: &str) {
    let app = app.restarts_with(|given| given.with("keys", NEW, Source::Argument)).await;
    let form = [("email", "ada@example.com"), ("password", super::PASSWORD)];
    let cookie = app.posts_form("", "/sign-in", &form).await.session;
    let page = app.gets(&cookie, "/settings/observability").await.text;
    assert!(page.contains("Needs attention") && page.contains("The stored secret was given up"), "{page}");
    let form = app.gets(&cookie, &format!("{destination}/edit")).await.text;
    assert!(!form.contains("Leave it empty to keep it"), "{form}");
    app.switches(&cookie, "true").await;
    let key = app.creates_key(&cookie).await;
    let body = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
    assert_eq!(app.asks(&key, body).await.status, 200);
    let revision = app.database.reads("SELECT revision::text FROM destinations WHERE enabled").await.remove(0);
    let empty = app.posts_form(&cookie, destination, &[("revision", &revision), ("dsn", "")]).await;
    assert!(empty.status == 422 && empty.text.contains("Enter the Sentry DSN"), "{}", empty.text);
    let (dsn, endpoint) = (app.receiver.dsn(), app.receiver.endpoint());
    let form = [("revision", revision.as_str()), ("dsn", &dsn), ("otlp_endpoint", &endpoint)];
    let mended = app.posts_form(&cookie, destination, &form).await;
    assert_eq!(mended.status, 303, "{}", mended.text);
    app.receives("chat demo/echo").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_there_unknown_or_no_key_is_not_forgotten() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let mut present = key(&app, &["forget", LOST, "--yes"]);
    let present = present.env("TRACECAST_KEYS", format!("{NEW},{OLD}")).output().unwrap();
    assert!(!present.status.success() && said(&present).contains("is among the sealing keys"), "{}", said(&present));
    let unknown = key(&app, &["forget", "00000000", "--yes"]).output().unwrap();
    assert!(said(&unknown).contains("No stored secret is sealed with the key 00000000."), "{}", said(&unknown));
    let nonsense = key(&app, &["forget", "the old one", "--yes"]).output().unwrap();
    assert!(!nonsense.status.success() && said(&nonsense).contains("is no key's name"), "{}", said(&nonsense));
    assert_eq!(given_up(&app).await, (0, 0));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_whose_key_is_lost_stays_in_force() {
    let app = TestApp::start_with(|given| given.with("keys", OLD, Source::Argument)).await;
    app.signs_up("ada@example.com").await;
    let place = add_second_factor(&app, &[7; 20]).await;
    let output = key(&app, &["forget", LOST, "--yes"]).output().unwrap();
    assert!(said(&output).contains("0 destination(s), 1 second factor(s)"), "{}", said(&output));
    assert_ne!(second_factor(&app, place).await, [7; 20], "a secret that nobody knows");
    assert_eq!(given_up(&app).await.1, 1);
    let form = [("email", "ada@example.com"), ("password", super::PASSWORD)];
    let signed_in = app.posts_form("", "/sign-in", &form).await;
    assert!(signed_in.session.is_empty(), "the password alone opens nothing");
    assert!(starts(&app));
    app.stop().await;
}
