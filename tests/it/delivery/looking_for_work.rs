//! What looking for work costs: it must not grow with what was delivered and still lies in the log.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tracecast::delivery::DeadLetterReason;
use tracecast::delivery::confirmation::Progress;
use tracecast::store::cursors::{self, Acknowledgement, Lease, Ready};
use tracecast::store::deliveries::DeadLetter;
use tracecast::store::destinations::HealthChange;
use tracecast::store::log::{self, Backlog, Position, Stretch};
use tracecast::store::xid::Xid;
use tracecast::store::{PLANNED_ONCE, Store};

use super::stage::{Stage, names};

/// Whatever is ready and does not fail.
const ANY: Ready<'static> = Ready { accounts: &[], failing: false, most: 10 };

/// Entries that were delivered.
const DELIVERED: usize = 3_000;

/// Entries that were not.
const WAITING: usize = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn looking_for_work_does_not_read_what_was_delivered() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.copies(&tenant, "delivered", DELIVERED).await;
    sqlx::raw_sql(
        "UPDATE cursors SET (xid, position) =
             (SELECT xid, position FROM completed_requests ORDER BY xid DESC, position DESC LIMIT 1);
         ANALYZE",
    )
    .execute(&mut stage.sql().await)
    .await
    .unwrap();

    // One connection, because a connection tells what it has read all at once.
    let store = Store::open(PgConnectOptions::from_str(&stage.url).unwrap(), "tracecast test", 1);
    let before = entries_read(&stage, &store).await;
    let leases = cursors::lease_ready(&store, ANY, 1, Duration::from_mins(1)).await.unwrap();
    assert!(leases.is_empty(), "everything is delivered");
    let held_back = cursors::list_held_back(&store, &[tenant.account]).await.unwrap();
    assert!(held_back.is_empty(), "everything is delivered");
    let last = "SELECT xid::text::bigint, position FROM cursors";
    let (xid, position): (i64, i64) = sqlx::query_as(last).fetch_one(&mut stage.sql().await).await.unwrap();
    let last = Position { xid: Xid(xid.cast_unsigned()), position };
    let backlogs =
        log::list_backlogs(&store, &[Stretch { account: tenant.account, after: last, until: Position::END }])
            .await
            .unwrap();
    assert_eq!(backlogs, [Backlog::Nothing]);
    let read = entries_read(&stage, &store).await - before;
    assert!(read < 100, "{read} entries were read of {DELIVERED} that are delivered");
}

/// Neither a worker nor a page passes over everything that is never exported.
#[tokio::test(flavor = "multi_thread")]
async fn what_completed_while_broadcast_was_off_does_not_wait_and_is_not_read() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.switches(&tenant, false).await;
    stage.copies(&tenant, "off", DELIVERED).await;
    sqlx::raw_sql("ANALYZE").execute(&mut stage.sql().await).await.unwrap();
    let store = Store::open(owner(&stage), "tracecast test", 1);
    let before = entries_read(&stage, &store).await;
    for on in [false, true] {
        stage.switches(&tenant, on).await;
        let mut account = store.tenant(tenant.account).await.unwrap();
        let lag = cursors::find_lag(&mut account, None).await.unwrap().remove(0);
        account.commit().await.unwrap();
        assert_eq!((lag.waiting, lag.oldest), (0, None));
        let standing = cursors::count_by_health(&store).await.unwrap().remove(0);
        assert_eq!((standing.health.as_str(), standing.oldest_seconds), (if on { "healthy" } else { "off" }, None));
        assert!(cursors::lease_ready(&store, ANY, 1, Duration::from_mins(1)).await.unwrap().is_empty());
    }
    let read = entries_read(&stage, &store).await - before;
    assert!(read < 100, "{read} entries were read of {DELIVERED} that are never exported");
    let sent = stage.records(&tenant, names("on", 1)).await;
    let _worker = stage.worker();
    stage.until("what completes now arrives", |log| log.distinct(1) == 1).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
}

/// Every worker looks every 15 s, also one that began with a small log, for which Postgres made its plans.
#[tokio::test(flavor = "multi_thread")]
async fn whether_the_log_was_restored_is_seen_without_reading_it() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2, 3]).await;
    stage.records(&tenant, names("small", 40)).await;
    let store = Store::open(owner(&stage), "tracecast test", 1);
    store.go_on_after_restore().await.unwrap();
    stage.copies(&tenant, "waiting", WAITING).await;
    let before = entries_read(&stage, &store).await;
    store.go_on_after_restore().await.unwrap();
    let read = entries_read(&stage, &store).await - before;
    assert!(read < 100, "{read} entries were read of {WAITING} that wait");
}

/// A worker dead-letters the first request while the log is small, and Postgres keeps its plan for that.
#[tokio::test(flavor = "multi_thread")]
async fn dead_lettering_a_request_does_not_read_what_else_lies_in_the_log() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.records(&tenant, names("small", 40)).await;
    let store = Store::open(owner(&stage).options(PLANNED_ONCE), "tracecast test", 1);
    // A transaction of another test on this cluster may still hold the entries back.
    let lease = loop {
        if let Some(lease) = cursors::lease_ready(&store, ANY, 1, Duration::from_mins(1)).await.unwrap().pop() {
            break lease;
        }
    };
    let places = "SELECT xid::text::bigint, position FROM completed_requests ORDER BY xid, position LIMIT 4";
    let places: Vec<(i64, i64)> = sqlx::query_as(places).fetch_all(&mut stage.sql().await).await.unwrap();
    let mut refused =
        places.iter().map(|(xid, position)| Position { xid: Xid(xid.cast_unsigned()), position: *position });
    dead_letters_it(&store, &lease, refused.next().unwrap()).await;
    stage.copies(&tenant, "waiting", WAITING).await;
    let before = entries_read(&stage, &store).await;
    for place in refused {
        dead_letters_it(&store, &lease, place).await;
    }
    let read = entries_read(&stage, &store).await - before;
    assert!(read < 100, "{read} entries were read of {WAITING} that wait");
    assert_eq!(stage.count("SELECT count(*) FROM dead_letters").await, 4);
}

/// What a worker writes down about a request that was refused.
async fn dead_letters_it(store: &Store, lease: &Lease, place: Position) {
    let result = Acknowledgement {
        spent: None,
        held_until: None,
        progress: Progress::default(),
        health: HealthChange::Unchanged,
        probes_first: false,
        server_errors: 0,
        poison_one_by_one: 0,
        attempt: 1,
        deliveries: &[],
        dead_letters: &[DeadLetter { place, reason: DeadLetterReason::Refused, status: Some(400), answer: None }],
        replayed: &[],
        keep: Some(Duration::from_mins(1)),
    };
    cursors::acknowledge(store, lease, &result).await.unwrap();
}

/// Recording is everybody's; an account that plays with its switch must not make it slow.
#[tokio::test(flavor = "multi_thread")]
async fn recording_does_not_read_every_period_in_which_broadcast_was_on() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    sqlx::raw_sql(
        "INSERT INTO broadcast_periods (account_id, started_at, ended_at)
         SELECT id, now() - n * interval '1 second', now() - n * interval '1 second'
         FROM accounts, generate_series(60, 20060) n;
         ANALYZE",
    )
    .execute(&mut stage.sql().await)
    .await
    .unwrap();
    let store = Store::open(owner(&stage), "tracecast test", 1);
    let before = periods_read(&stage, &store).await;
    let recording = Stage::recording_on(store.clone(), &tenant);
    for name in names("one", 10) {
        recording.record(&name);
    }
    recording.ends().await;
    let read = periods_read(&stage, &store).await - before;
    assert!(read < 1_000, "{read} periods were read");
    assert_eq!(stage.count("SELECT count(*) FROM completed_requests WHERE broadcast").await, 10);
}

fn owner(stage: &Stage) -> PgConnectOptions {
    PgConnectOptions::from_str(&stage.url).unwrap().options([("app.upkeep", "on")])
}

async fn periods_read(stage: &Stage, store: &Store) -> i64 {
    rows_read(stage, store, "broadcast_periods").await
}

/// Entries of the log that were read so far, by whatever way.
async fn entries_read(stage: &Stage, store: &Store) -> i64 {
    rows_read(stage, store, "completed_requests").await
}

/// Rows of a table and its partitions that were read so far, by whatever way.
async fn rows_read(stage: &Stage, store: &Store, table: &str) -> i64 {
    // What this connection has read is known once its reading of another table is.
    const MARK: &str = "SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE relname = 'losses'";
    // Before Postgres 15 it is told soon by itself.
    const TELL: &str =
        "DO $$ BEGIN PERFORM pg_stat_force_next_flush(); EXCEPTION WHEN undefined_function THEN NULL; END $$";
    let mark = stage.count(MARK).await;
    sqlx::raw_sql("SELECT FROM losses").execute(store.pool()).await.unwrap();
    sqlx::raw_sql(TELL).execute(store.pool()).await.unwrap();
    stage.until_count(MARK, mark + 1).await;
    let query = format!(
        "SELECT (sum(seq_tup_read) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
                                      WHERE relname LIKE '{table}%'))::bigint
         FROM pg_stat_user_tables WHERE relname LIKE '{table}%'"
    );
    stage.count(&query).await
}
