//! A database that was restored from a dump into another Postgres, which counts transactions from the beginning.

use super::stage::{PATIENCE, Stage, names};
use crate::support::program::Program;

/// In the new cluster all that was stored lies a thousand million transactions ahead.
pub(super) async fn is_restored(stage: &Stage) {
    let ahead = "SET xid = (xid::text::bigint + 1000000000)::text::xid8";
    let tables = ["completed_requests", "cursors", "dead_letters", "meters", "request_facts"]
        .map(|table| format!("UPDATE {table} {ahead};"));
    let origin = "UPDATE log_origin SET system_identifier = system_identifier - 1;";
    let restore = sqlx::AssertSqlSafe(format!("BEGIN; {} {origin} COMMIT", tables.concat()));
    sqlx::raw_sql(restore).execute(&mut stage.sql().await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_and_what_completes_later_is_delivered_once_in_its_order() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    let mut sent = stage.records(&tenant, names("before", 10)).await;
    let mut worker = stage.worker();
    stage.until("both have them", |log| log.distinct(1) == 10 && log.distinct(2) == 10).await;
    stage.until_count("SELECT count(*) FROM cursors WHERE delivered = 10 AND leased_by IS NULL", 2).await;
    stage.resumes_or_pauses(&tenant, 1, false).await;
    sent.extend(stage.records(&tenant, names("paused", 10)).await);
    stage.until_count("SELECT count(*) FROM cursors WHERE delivered = 20 AND leased_by IS NULL", 1).await;
    worker.kill();
    sent.extend(stage.records(&tenant, names("waited", 10)).await);

    is_restored(&stage).await;

    // Every command does this at its start.
    Program::start("migrate", &stage.settings()).ends_well_within(PATIENCE).await;
    let _worker = stage.worker();
    sent.extend(stage.records(&tenant, names("later", 10)).await);
    stage.until("the first has all", |log| log.distinct(1) == 40).await;
    stage.resumes_or_pauses(&tenant, 1, true).await;
    stage.until("so has the second", |log| log.distinct(2) == 40).await;
    stage.until_count("SELECT count(*) FROM cursors WHERE delivered = 40", 2).await;
    stage.receiver.read(|log| {
        for project in [1, 2] {
            log.assert_each_once(project, &sent);
            log.assert_in_order(project, &sent, 4);
        }
    });
}

/// Nobody restarted anything, and requests complete before the worker notices.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_under_running_programs_is_noticed_and_what_completes_meanwhile_is_delivered_too() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    let _worker = stage.worker();
    let mut sent = stage.records(&tenant, names("before", 10)).await;
    stage.until_count("SELECT count(*) FROM cursors WHERE delivered = 10 AND leased_by IS NULL", 2).await;
    stage.resumes_or_pauses(&tenant, 1, false).await;
    sent.extend(stage.records(&tenant, names("paused", 10)).await);
    stage.until_count("SELECT count(*) FROM cursors WHERE delivered = 20 AND leased_by IS NULL", 1).await;

    is_restored(&stage).await;
    sent.extend(stage.records(&tenant, names("beside", 10)).await);
    stage.until("the first has all", |log| log.distinct(1) == 30).await;
    sent.extend(stage.records(&tenant, names("after", 10)).await);
    stage.resumes_or_pauses(&tenant, 1, true).await;
    stage.until_count("SELECT count(*) FROM cursors WHERE delivered = 40", 2).await;
    stage.receiver.read(|log| {
        for project in [1, 2] {
            log.assert_each_once(project, &sent);
            log.assert_in_order(project, &sent, 4);
        }
    });
}
