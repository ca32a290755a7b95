//! Programs of two versions on one database. There is no binary of another version here: a migration that this program does not know
//! makes it the older one.

use std::time::Duration;

use tracecast::config::Source;

use crate::delivery::stage::{PATIENCE, Stage, names};
use crate::support::app::TestApp;
use crate::support::program::run;

const MIGRATE: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                       VALUES (9999, 'of a newer version', true, '', 0)";
const UNDO: &str = "DELETE FROM _sqlx_migrations WHERE version = 9999";
/// Signs of life of workers.
const WORKERS: &str =
    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
                       WHERE l.locktype = 'advisory' AND l.classid = 29795 AND l.objid > 1";
const STOPPED: &str = "a newer version of Tracecast has migrated the database: this worker has stopped";

#[tokio::test(flavor = "multi_thread")]
async fn worker_stops_once_the_schema_is_newer_and_what_waits_is_delivered_once_by_the_next() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let mut older = stage.worker();
    let mut sent = stage.records(&tenant, names("before", 3)).await;
    stage.until_count("SELECT count(*) FROM cursors WHERE delivered = 3", 1).await;

    sqlx::raw_sql(MIGRATE).execute(&mut stage.sql().await).await.unwrap();
    older.logs(STOPPED).await;
    stage.until_count(WORKERS, 0).await;
    let arrived = stage.receiver.read(|log| log.tries(1));
    sent.extend(stage.records(&tenant, names("after", 3)).await);
    // Twice as long as a worker needs at most to find what nobody notified it of.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stage.receiver.read(|log| log.tries(1)), arrived, "the older worker sends nothing more");
    assert!(older.is_running(), "a process that ends would be started again and again");

    sqlx::raw_sql(UNDO).execute(&mut stage.sql().await).await.unwrap();
    let _next = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
    older.signal(rustix::process::Signal::TERM);
    older.ends_well_within(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_process_of_an_older_version_answers_and_records_until_it_is_replaced() {
    let app = TestApp::start_with(|given| given.with("retry-cap", "200ms", Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    let key = app.creates_key(&cookie).await;
    app.database.runs(MIGRATE).await;
    let ready = app.gets("", "/readyz").await;
    assert_eq!((ready.status, ready.text.as_str()), (200, "ready\n"));
    assert_eq!(app.gets(&cookie, "/settings/observability").await.status, 200);
    let body = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
    assert_eq!(app.asks(&key, body).await.status, 200);
    while app.database.reads("SELECT generation_id FROM completed_requests").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn start_under_a_newer_schema_is_refused_with_a_sentence_and_changes_nothing() {
    let stage = Stage::new().await;
    sqlx::raw_sql(MIGRATE).execute(&mut stage.sql().await).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap().to_owned();
    let environment = [("DATABASE_URL", stage.url.as_str()), ("TRACECAST_DATA_DIR", &folder), ("TRACECAST_LOG", "off")];
    for command in ["migrate", "web", "worker", "serve"] {
        let output = run(&[command], &environment);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.lines().count() == 1, "{command}: one sentence, and no panic: {said}");
        for words in ["is of a newer version of Tracecast (migration 9999)", "Nothing was changed. Start that version"]
        {
            assert!(said.contains(words), "{command}: `{words}` is not in: {said}");
        }
    }
}
