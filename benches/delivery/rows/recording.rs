//! Recording: events that are handed over at once, until all of them are committed.

use std::net::SocketAddr;
use std::time::Instant;

use tracecast::recorder::Recorder;

use crate::bench::{Bench, count};
use crate::event;
use crate::ledger::Row;
use crate::outcome::Result;
use crate::tenants::Tenant;

/// As many as the recorder's buffer holds with room to spare.
const EVENTS: u64 = 20_000;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9)).into();
    let tenant = Tenant::create(&bench.state, "recording", &nowhere).await?;
    let events = bench.options.sized(EVENTS);
    for round in 0..bench.options.runs() as u64 {
        let first = 1_000_000_000 + round * events;
        let completed: Vec<_> = (first..first + events).map(event::completed).collect();
        let before = recorded(bench, tenant).await?;
        let (recorder, writer) = Recorder::new(bench.state.store.clone(), bench.state.random);
        let postgres = bench.server.cpu()?;
        let begun = Instant::now();
        for (request, content) in &completed {
            recorder.record(tenant.account, request, content, None);
        }
        drop(recorder);
        writer.run().await;
        let seconds = begun.elapsed().as_secs_f64();
        let postgres = bench.server.cpu()? - postgres;
        let durable = recorded(bench, tenant).await? - before;
        if durable != events {
            return Err(format!("{durable} of {events} events were recorded").into());
        }
        let row = |what: &str, unit, goal| Row::new(format!("recording, {what}"), unit, goal);
        bench.ledger.note(&row("durable", "events/s", "at least 15,000/s"), "tracecast", count(events) / seconds);
        let cost = postgres * 1e6 / count(events);
        bench.ledger.note(&row("processor time of Postgres", "µs/event", ""), "tracecast", cost);
    }
    Ok(())
}

/// Entries in the account's log.
pub(crate) async fn recorded(bench: &mut Bench, tenant: Tenant) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM completed_requests WHERE account_id = $1")
        .bind(tenant.account.0)
        .fetch_one(&mut bench.admin)
        .await?;
    Ok(count.unsigned_abs())
}
