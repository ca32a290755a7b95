//! What looking for work costs: it must not grow with what was delivered and still lies in the log.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tracecast::store::{Store, cursors};

use super::stage::Stage;

/// Entries that were delivered.
const DELIVERED: usize = 3_000;

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
    let leases = cursors::lease_ready(&store, &[], 1, Duration::from_mins(1), 10).await.unwrap();
    assert!(leases.is_empty(), "everything is delivered");
    let held_back = cursors::list_held_back(&store, &[tenant.account]).await.unwrap();
    assert!(held_back.is_empty(), "everything is delivered");
    let read = entries_read(&stage, &store).await - before;
    assert!(read < 100, "{read} entries were read of {DELIVERED} that are delivered");
}

/// Entries of the log that were read so far, by whatever way.
async fn entries_read(stage: &Stage, store: &Store) -> i64 {
    // What this connection has read is known once its reading of another table is.
    const MARK: &str = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'losses'";
    let mark = stage.count(MARK).await;
    sqlx::query("SELECT FROM losses").execute(store.pool()).await.unwrap();
    stage.until_count(MARK, mark + 1).await;
    let query = "SELECT (sum(seq_tup_read) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
                                              WHERE relname LIKE 'completed_requests%'))::bigint
                 FROM pg_stat_user_tables WHERE relname LIKE 'completed_requests%'";
    stage.count(query).await
}
