//! A worker with nothing to do.

use std::time::Duration;

use sqlx::PgConnection;

use crate::bench::{Bench, count};
use crate::ledger::Row;
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::{tenants, usage};

const SECONDS: u64 = 20;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let receiver = Receiver::start(Duration::ZERO, false)?;
    let tenant = bench.tenant("idle", &receiver, 0).await?;
    tenants::go(&mut bench.admin, &[tenant]).await?;
    let program = bench.program.clone();
    let worker = bench.worker(&program, &receiver).await?;
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

/// Transactions of the program's database so far; each query outside of one is one. Ours are among them: one.
async fn transactions(admin: &mut PgConnection) -> Result<i64> {
    let query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    Ok(sqlx::query_scalar(query).fetch_one(admin).await?)
}
