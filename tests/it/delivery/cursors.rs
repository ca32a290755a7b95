//! A destination's cursors: the live one, and replays beside it (spec 9.4); and what an attempt says of what it covered (9.2).

use std::time::Duration;

use rustix::process::Signal;
use sqlx::Row as _;
use tracecast::id::CursorId;
use tracecast::random::Random;
use tracecast::store::cursors::{self, Ready};
use tracecast::store::log::Position;
use tracecast::store::xid::Xid;

use super::receiver::{Answer, Arrival, Journal, Reply};
use super::stage::{PATIENCE, Stage, Tenant, names};
use crate::support::program::Program;

/// Replays that have come to their end.
const DONE: &str = "SELECT count(*) FROM cursors
                    WHERE purpose = 'replay' AND (xid, position) >= (until_xid, until_position) AND leased_by IS NULL";

/// Behind every entry that is delivered, and no lease is held.
const LIVE_IS_THROUGH: &str = "SELECT count(*) FROM cursors c
    WHERE purpose = 'live' AND leased_by IS NULL
      AND (xid, position) = (SELECT xid, position FROM completed_requests ORDER BY xid DESC, position DESC LIMIT 1)";

/// Entries that no cursor may read yet: a transaction that began before them, of any test, is not over.
const NOT_YET_IN_ORDER: &str =
    "SELECT count(*) FROM completed_requests WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())";

fn requests(arrival: &Arrival) -> Vec<String> {
    arrival.events().iter().map(|event| event.request.clone()).collect()
}

/// Not counting probes.
fn with_requests(log: &Journal) -> usize {
    log.of(1).filter(|arrival| !arrival.events().is_empty()).count()
}

/// Where the entry with this number, from 1 on, lies in the log.
async fn place(stage: &Stage, number: i64) -> Position {
    let row =
        sqlx::query("SELECT xid::text, position FROM completed_requests ORDER BY xid, position OFFSET $1 LIMIT 1")
            .bind(number - 1)
            .fetch_one(&mut stage.sql().await)
            .await
            .unwrap();
    Position { xid: Xid(row.get::<String, _>(0).parse().unwrap()), position: row.get(1) }
}

async fn stops(mut worker: Program) {
    worker.signal(Signal::TERM);
    worker.ends_within(PATIENCE).await;
}

/// The entries with these numbers are sent once more.
async fn replays(stage: &Stage, tenant: &Tenant, (first, last): (i64, i64)) {
    let after = if first == 1 { Position { xid: Xid(0), position: 0 } } else { place(stage, first - 1).await };
    let range = (after, place(stage, last).await);
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let id = CursorId(Random.uuid());
    assert!(cursors::create_replay(&mut transaction, id, tenant.destinations[0], range).await.unwrap());
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_sends_each_entry_of_its_range_once() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let _worker = stage.worker();
    let sent = stage.records(&tenant, names("old", 1_200)).await;
    stage.until_count(LIVE_IS_THROUGH, 1).await;
    replays(&stage, &tenant, (11, 1_100)).await;
    stage.until_count(DONE, 1).await;
    let live = stage.records(&tenant, names("new", 7)).await;
    stage.until_count(LIVE_IS_THROUGH, 1).await;

    let mut arrived: Vec<String> = stage.receiver.read(|log| log.of(1).flat_map(requests).collect());
    let mut expected = [&sent[..], &sent[10..1_100], &live].concat();
    arrived.sort();
    expected.sort();
    assert_eq!(arrived, expected);
    let live_and_replay =
        "SELECT count(*) FROM cursors WHERE (purpose, delivered) IN (('live', 1207), ('replay', 1090))";
    assert_eq!(stage.count(live_and_replay).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_begins_when_the_live_traffic_is_through() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let worker = stage.worker();
    let old = stage.records(&tenant, names("old", 600)).await;
    stage.until_count(LIVE_IS_THROUGH, 1).await;
    stops(worker).await;
    replays(&stage, &tenant, (1, 600)).await;
    let new = stage.records(&tenant, names("new", 1_600)).await;
    stage.until_count(NOT_YET_IN_ORDER, 0).await;
    let _worker = stage.worker();
    stage.until_count(DONE, 1).await;

    let arrived: Vec<String> = stage.receiver.read(|log| log.of(1).flat_map(requests).collect());
    let in_order = |requests: &[String]| {
        let mut requests = requests.to_vec();
        // Batches that are on the wire at once arrive in any order.
        requests.sort();
        requests
    };
    let parts = [&arrived[..600], &arrived[600..2_200], &arrived[2_200..]].map(in_order);
    assert_eq!(parts, [&old[..], &new, &old].map(in_order));
}

#[tokio::test(flavor = "multi_thread")]
async fn live_traffic_does_not_wait_for_a_replay_whose_request_hangs() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let _worker = stage.worker();
    let old = stage.records(&tenant, names("old", 1)).await;
    stage.until_count(LIVE_IS_THROUGH, 1).await;
    stage.receiver.answers(1, |call| {
        let is_replay = call.events.iter().any(|event| event.request.contains("old"));
        if is_replay { Reply::Hang } else { Reply::accept() }
    });
    replays(&stage, &tenant, (1, 1)).await;
    stage.until("the replay is on the wire", |log| with_requests(log) == 2).await;
    let new = stage.records(&tenant, names("new", 1)).await;
    stage.until("live traffic arrives beside it", |log| with_requests(log) == 3).await;
    stage.receiver.read(|log| {
        let arrived: Vec<_> = log.of(1).map(requests).filter(|requests| !requests.is_empty()).collect();
        assert_eq!(arrived, [&old[..], &old, &new]);
    });
    stage.receiver.recovers(1);
    stage.until_count(DONE, 1).await;
}

/// Where all of them have turns, a notification need not be looked up in the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_counts_the_cursors_of_its_account_that_may_have_turns() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    stage.records(&tenant, names("some", 3)).await;
    assert!(stage.resumes_or_pauses(&tenant, 1, false).await);
    let cursors = async || {
        let ready = Ready { accounts: &[tenant.account], failing: false, most: 1 };
        // A transaction of another test on this cluster may still hold the entries back.
        loop {
            // A lease that is over at once, so that the next one can be taken.
            let leases = cursors::lease_ready(&stage.store, ready, 1, Duration::ZERO).await.unwrap();
            if let [lease] = &leases[..] {
                return lease.siblings;
            }
        }
    };
    assert_eq!(cursors().await, 1, "a paused destination has no turns");
    replays(&stage, &tenant, (1, 3)).await;
    assert_eq!(cursors().await, 2);
    sqlx::raw_sql("UPDATE cursors SET xid = until_xid, position = until_position WHERE purpose = 'replay'")
        .execute(&mut stage.sql().await)
        .await
        .unwrap();
    assert_eq!(cursors().await, 1, "a replay that has come to its end has none either");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_says_what_it_covers_by_which_settings_and_what_was_answered() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let mut failures = 2;
    stage.receiver.answers(1, move |call| match failures {
        1.. if !call.events.is_empty() => {
            failures -= 1;
            Answer::of(503).body("down for the day").into()
        }
        _ => Reply::accept(),
    });
    let sent = stage.records(&tenant, names("some", 20)).await;
    let (first, last) = (place(&stage, 1).await, place(&stage, 20).await);
    let _worker = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.until_count(LIVE_IS_THROUGH, 1).await;

    let rows = sqlx::query(
        "SELECT d.attempt, d.status, d.requests, d.body, d.headers ->> 'content-type' AS said, d.oldest_delay_ms, d.newest_delay_ms,
                d.batch_id, d.revision, d.private, d.encoder, d.left_out::text,
                d.cursor_id = c.id AND (d.after_xid, d.after_position) < ($1::text::xid8, $2)
                AND (d.last_xid, d.last_position) = ($3::text::xid8, $4) AS covers
         FROM deliveries d JOIN cursors c USING (account_id, destination_id)
         WHERE d.requests > 0 ORDER BY d.started_at",
    )
    .bind(first.xid.0.to_string())
    .bind(first.position)
    .bind(last.xid.0.to_string())
    .bind(last.position)
    .fetch_all(&mut stage.sql().await)
    .await
    .unwrap();
    let attempts: Vec<(i32, i16)> = rows.iter().map(|row| (row.get("attempt"), row.get("status"))).collect();
    assert_eq!(attempts, [(1, 503), (2, 503), (3, 200)]);
    for row in &rows {
        assert!(row.get::<bool, _>("covers"));
        assert_eq!(row.get::<i32, _>("requests"), 20);
        assert_eq!((row.get::<i32, _>("revision"), row.get::<bool, _>("private")), (1, false));
        assert_eq!(
            (row.get::<i16, _>("encoder"), row.get::<Option<String>, _>("left_out")),
            (tracecast::otlp::VERSION.cast_signed(), None)
        );
        assert_eq!(row.get::<uuid::Uuid, _>("batch_id"), rows[0].get::<uuid::Uuid, _>("batch_id"));
    }
    assert_eq!(rows[0].get::<Option<&str>, _>("body"), Some("down for the day"));
    let delays = |row: &sqlx::postgres::PgRow| {
        (row.get::<Option<i64>, _>("oldest_delay_ms"), row.get::<Option<i64>, _>("newest_delay_ms"))
    };
    assert_eq!(delays(&rows[0]), (None, None), "nothing was accepted");
    let (oldest, newest) = delays(&rows[2]);
    assert!(oldest.unwrap() >= newest.unwrap() && newest.unwrap() > 0, "{oldest:?} {newest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_is_told_also_where_nothing_was_sent() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.records(&tenant, names("early", 3)).await;
    sqlx::raw_sql("UPDATE cursors SET since = clock_timestamp()").execute(&mut stage.sql().await).await.unwrap();
    let _worker = stage.worker();
    stage.until_count(LIVE_IS_THROUGH, 1).await;
    let told = "SELECT count(*) FROM deliveries
                WHERE outcome = 'left_out' AND requests = 0 AND (left_out ->> 'before_destination')::integer = 3";
    assert_eq!(stage.count(told).await, 1);
    assert_eq!(stage.receiver.read(|log| log.of(1).flat_map(requests).count()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_kept_as_long_as_attempts_may_name_them() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.turns_private(&tenant, 0).await;
    stage.resumes_or_pauses(&tenant, 0, false).await;
    stage.moves(&tenant, 0, 2).await;
    let revisions = "SELECT array_to_string(array_agg(revision || CASE WHEN privacy_mode THEN ' private' ELSE '' END
                                                      ORDER BY revision), ', ')
                     FROM destination_revisions";
    let kept = async || -> String { sqlx::query_scalar(revisions).fetch_one(&mut stage.sql().await).await.unwrap() };
    assert_eq!(kept().await, "1, 2 private, 4");
    let retention = Duration::from_hours(24);
    let age = "UPDATE destination_revisions SET created_at = created_at - interval '47 hours' WHERE revision = 2";
    sqlx::raw_sql(age).execute(&mut stage.sql().await).await.unwrap();
    tracecast::store::destinations::delete_superseded(&stage.store, retention).await.unwrap();
    assert_eq!(kept().await, "1, 2 private, 4");
    let age = "UPDATE destination_revisions SET created_at = created_at - interval '2 hours' WHERE revision = 2";
    sqlx::raw_sql(age).execute(&mut stage.sql().await).await.unwrap();
    tracecast::store::destinations::delete_superseded(&stage.store, retention).await.unwrap();
    assert_eq!(kept().await, "2 private, 4");
}
