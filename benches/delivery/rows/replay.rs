//! What a replay costs the live traffic of the same destination: commit to receiver while a backfill runs, beside none.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tracecast::id::CursorId;
use tracecast::store::cursors;
use tracecast::store::log::Position;

use super::latency;
use crate::bench::{Bench, count};
use crate::ledger::{Row, percentile};
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::tenants;

/// Requests of the backfill: more than are sent while the live ones are measured.
const BACKFILL: u64 = 1_000_000;
/// Live requests a second.
const RATE: u64 = 50;
const SECONDS: u64 = 8;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut receiver = Receiver::start(Duration::ZERO, true)?;
    let size = (RATE, if bench.options.quick { 1 } else { SECONDS });
    let program = bench.program.clone();
    for round in 0..bench.options.runs().min(3) {
        let events = bench.options.sized(BACKFILL);
        let tenant = bench.tenant(&format!("backfill-{round}"), &receiver, events).await?;
        // The live cursor of a destination that was added after all of them.
        let new = "UPDATE cursors c SET since = clock_timestamp(), xid = l.xid, position = l.position
                   FROM (SELECT xid, position FROM completed_requests WHERE account_id = $1 ORDER BY xid DESC, position DESC LIMIT 1) l
                   WHERE account_id = $1
                   RETURNING c.xid::text, c.position, (SELECT clock_timestamp())";
        let (xid, position, _): (String, i64, DateTime<Utc>) =
            sqlx::query_as(new).bind(tenant.account.0).fetch_one(&mut bench.admin).await?;
        let end = Position { xid: tracecast::store::xid::Xid(xid.parse()?), position };
        let worker = bench.worker(&program, &receiver).await?;
        tenants::go(&mut bench.admin, &[tenant]).await?;
        let alone = latency::trickle(bench, &mut receiver, tenant, size).await?;

        let mut transaction = bench.state.store.tenant(tenant.account).await?;
        let id = CursorId(bench.state.random.uuid());
        cursors::create_replay(&mut transaction, id, tenant.destination, (Position::default(), end)).await?;
        transaction.commit().await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (begun, first) = (Instant::now(), sent(bench, id).await?);
        let beside = latency::trickle(bench, &mut receiver, tenant, size).await?;
        let speed = count(sent(bench, id).await? - first) / begun.elapsed().as_secs_f64();
        let left = "SELECT count(*) FROM cursors WHERE id = $1 AND (xid, position) < (until_xid, until_position)";
        let is_running: i64 = sqlx::query_scalar(left).bind(id.0).fetch_one(&mut bench.admin).await?;
        if is_running == 0 && !bench.options.quick {
            return Err("the backfill ended before the measurement did; make it larger".into());
        }
        bench.ledger.note(&Row::new("the backfill meanwhile", "requests/s", ""), "tracecast, a backfill runs", speed);
        drop(worker);
        tenants::rest(&mut bench.admin).await?;
        for percent in [50, 99] {
            let row = Row::new(format!("live requests, {RATE} a second, p{percent}"), "ms", "the same");
            bench.ledger.note(&row, "tracecast, no replay", percentile(&alone, percent));
            bench.ledger.note(&row, "tracecast, a backfill runs", percentile(&beside, percent));
        }
    }
    Ok(())
}

/// How many requests a replay has sent.
async fn sent(bench: &mut Bench, id: CursorId) -> Result<u64> {
    let passed = "SELECT count(*) FROM cursors c JOIN completed_requests r
                    ON r.account_id = c.account_id AND (r.xid, r.position) <= (c.xid, c.position)
                  WHERE c.id = $1";
    let passed: i64 = sqlx::query_scalar(passed).bind(id.0).fetch_one(&mut bench.admin).await?;
    Ok(u64::try_from(passed)?)
}
