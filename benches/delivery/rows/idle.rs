//! A worker with nothing to do.

use std::time::{Duration, Instant};

use sqlx::PgConnection;

use crate::bench::{Bench, count};
use crate::ledger::Row;
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::{tenants, usage};

const SECONDS: u64 = 20;

/// Accounts of which something is still to be counted. Those that earlier rows left have to be through: counting is no idling.
const UNCOUNTED: &str = "SELECT count(*) FROM accounts a LEFT JOIN meters m ON m.account_id = a.id
    WHERE (SELECT true FROM completed_requests r
           WHERE r.account_id = a.id AND (r.xid, r.position) > (coalesce(m.xid, '0'), coalesce(m.position, 0))
           ORDER BY r.xid, r.position LIMIT 1)";

/// The longest to wait for that.
const PATIENCE: Duration = Duration::from_mins(10);

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let receiver = Receiver::start(Duration::ZERO, false)?;
    let tenant = bench.tenant("idle", &receiver, 0).await?;
    tenants::go(&mut bench.admin, &[tenant]).await?;
    let program = bench.program.clone();
    let worker = bench.worker(&program, &receiver).await?;
    until_all_is_counted(bench).await?;
    let seconds = if bench.options.quick { 2 } else { SECONDS };
    for _ in 0..bench.options.runs().min(3) {
        let (cpu, queries) = (worker.cpu()?, transactions(&mut bench.admin).await?);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let (cpu, queries) = (worker.cpu()? - cpu, transactions(&mut bench.admin).await? - queries);
        let percent = cpu / count(seconds) * 100.0;
        bench.ledger.note(&Row::new("idle worker, processor", "%", "at most 1 %"), "tracecast", percent);
        let queries = count(queries.unsigned_abs().saturating_sub(1)) / count(seconds);
        bench.ledger.note(&Row::new("idle worker, queries", "a second", "at most 5"), "tracecast", queries);
    }
    let (_, resident) = usage::resident_mb(worker.pid())?;
    bench.ledger.note(&Row::new("idle worker, memory", "MB", ""), "tracecast", resident);
    Ok(())
}

/// Waits until the meters have come to the end of the log, and notes how long that took.
async fn until_all_is_counted(bench: &mut Bench) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let uncounted: i64 = sqlx::query_scalar(UNCOUNTED).fetch_one(&mut bench.admin).await?;
        if uncounted == 0 {
            let row = Row::new("worker after a flood, until all is counted", "s", "");
            bench.ledger.note(&row, "tracecast", begun.elapsed().as_secs_f64());
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(format!("something is still to be counted after {PATIENCE:?}").into())
}

/// Transactions of the program's database so far; each query outside of one is one. Ours are among them: one.
async fn transactions(admin: &mut PgConnection) -> Result<i64> {
    let query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    Ok(sqlx::query_scalar(query).fetch_one(admin).await?)
}
