//! Partitions that are missing, and partitions that expire while somebody reads for a long time.

use std::time::{Duration, Instant};

use super::stage::{PATIENCE, Stage, names};
use crate::support::program::Program;

/// Far below how long the database lets a statement wait.
const SOON: Duration = Duration::from_secs(10);

/// Takes away the last partition that is made ahead, so that it can be seen when it is made again.
const TAKE_LAST_AWAY: &str = "DO $$ BEGIN
    EXECUTE 'DROP TABLE deliveries_' || to_char(timezone('UTC', now()) + interval '2 days', 'YYYYMMDD'); END $$";

/// Whether that one is there.
const LAST: &str =
    "SELECT count(to_regclass('deliveries_' || to_char(timezone('UTC', now()) + interval '2 days', 'YYYYMMDD')))";

async fn runs(stage: &Stage, statements: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut stage.sql().await).await.unwrap();
}

/// The clock has jumped, or a dump was restored that is a week old.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_partition_yet_waits_for_it_and_is_not_lost() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let before = stage.records(&tenant, names("before", 1)).await;
    Program::start("migrate", &stage.settings()).ends_well_within(PATIENCE).await;
    runs(&stage, TAKE_LAST_AWAY).await;
    let _worker = stage.worker();
    stage.until("the worker works", |log| log.distinct(1) == before.len()).await;
    // The round of its start is over. The next one is due in minutes, if nobody looks.
    stage.until_count(LAST, 1).await;
    runs(
        &stage,
        "DO $$ DECLARE name text; BEGIN
             FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits
                         WHERE inhparent IN ('completed_requests'::regclass, 'deliveries'::regclass) LOOP
                 EXECUTE 'DROP TABLE ' || name;
             END LOOP; END $$",
    )
    .await;
    let recording = stage.recording(&tenant);
    let sent: Vec<String> = names("without", 5).collect();
    for name in &sent {
        recording.record(name);
    }
    stage.until("all arrive", |log| log.distinct(1) == before.len() + sent.len()).await;
    assert_eq!(recording.recorder.buffer().lost(), 0);
    recording.ends().await;
    stage.receiver.read(|log| log.assert_each_once(1, &[before, sent].concat()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_reads_for_long_holds_nothing_up_and_what_expires_is_dropped_after_it() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    // The very first start makes the roles and their policies, which needs the tables to itself.
    Program::start("migrate", &stage.settings()).ends_well_within(PATIENCE).await;
    runs(
        &stage,
        "SELECT set_config('role', tableowner, false) FROM pg_tables WHERE tablename = 'completed_requests';
         CREATE TABLE completed_requests_20200101 PARTITION OF completed_requests
             FOR VALUES FROM ('2020-01-01 00:00:00Z') TO ('2020-01-02 00:00:00Z');
         CALL lock_tenant_table('completed_requests_20200101')",
    )
    .await;
    runs(&stage, TAKE_LAST_AWAY).await;
    let mut backup = stage.sql().await;
    let reads = "BEGIN; LOCK TABLE completed_requests, deliveries, completed_requests_20200101 IN ACCESS SHARE MODE";
    sqlx::raw_sql(reads).execute(&mut backup).await.unwrap();

    let _worker = stage.worker();
    let (begun, mut expected) = (Instant::now(), 0);
    while begun.elapsed() < SOON {
        expected += stage.records(&tenant, names(&format!("beside{expected}"), 1)).await.len();
        stage.until("it arrives", |log| log.distinct(1) == expected).await;
    }
    let longest = stage.receiver.read(|log| {
        let arrivals: Vec<Instant> = log.of(1).map(|arrival| arrival.began).collect();
        arrivals.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
    });
    assert!(longest < SOON / 2, "nothing arrived for {longest:?}");
    stage.until_count(LAST, 1).await;
    let expired = "SELECT count(to_regclass('completed_requests_20200101'))";
    assert_eq!(stage.count(expired).await, 1, "it is still read");
    drop(backup);
    stage.until_count(expired, 0).await;
}
