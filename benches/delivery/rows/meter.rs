//! What counting for Activity costs recording and exporting. Without it the account's meter stands behind everything, so that there is
//! nothing to count.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sqlx::PgConnection;
use tracecast::recorder::Recorder;

use crate::bench::{Bench, count};
use crate::event;
use crate::ledger::Row;
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::tenants::Tenant;

/// Events that are exported, and events that are recorded at once.
const EXPORTED: u64 = 200_000;
const RECORDED: u64 = 20_000;

/// With the meter and without it.
const CONTENDERS: [(&str, bool); 2] = [("tracecast, not counted", false), ("tracecast, counted", true)];

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut receiver = Receiver::start(Duration::ZERO, false)?;
    let program = bench.program.clone();
    for round in 0..bench.options.runs() {
        for (contender, is_counted) in CONTENDERS {
            let events = bench.options.sized(EXPORTED);
            let tenant = bench.tenant(&format!("exported-{round}-{is_counted}"), &receiver, events).await?;
            meters(&mut bench.admin, tenant, is_counted).await?;
            let worker = bench.worker(&program, &receiver).await?;
            let run = bench.drain(&worker, tenant, &mut receiver, events).await?;
            drop(worker);
            let row = Row::new("export beside the meter", "events/s", "at least 0.95 of the first");
            bench.ledger.note(&row, contender, run.events_per_second());
            meters(&mut bench.admin, tenant, false).await?;
        }
        for (contender, is_counted) in CONTENDERS {
            let speed = recording(bench, &receiver, (round, is_counted)).await?;
            let row = Row::new("recording beside the meter", "events/s", "at least 0.87 of the first");
            bench.ledger.note(&row, contender, speed);
        }
    }
    Ok(())
}

/// Whether the account's requests are counted from now on.
async fn meters(admin: &mut PgConnection, tenant: Tenant, is_counted: bool) -> Result<()> {
    let statement = if is_counted {
        "DELETE FROM meters WHERE account_id = $1"
    } else {
        "INSERT INTO meters (account_id, xid, position) VALUES ($1, '9223372036854775807', 0)
         ON CONFLICT (account_id) DO UPDATE SET xid = excluded.xid"
    };
    sqlx::query(statement).bind(tenant.account.0).execute(admin).await?;
    Ok(())
}

/// Events that are recorded a second.
async fn recording(bench: &mut Bench, receiver: &Receiver, (round, is_counted): (usize, bool)) -> Result<f64> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9)).into();
    let tenant = Tenant::create(&bench.state, &format!("recorded-{round}-{is_counted}"), &nowhere).await?;
    meters(&mut bench.admin, tenant, is_counted).await?;
    let program = bench.program.clone();
    let worker = bench.worker(&program, receiver).await?;
    let events = bench.options.sized(RECORDED);
    let first = 2_000_000_000 + (2 * round as u64 + u64::from(is_counted)) * events;
    let completed: Vec<_> = (first..first + events).map(event::completed).collect();
    let (recorder, writer) = Recorder::new(bench.state.store.clone(), bench.state.random);
    let begun = Instant::now();
    for (request, content) in &completed {
        recorder.record(tenant.account, request, content, None);
    }
    drop(recorder);
    writer.run().await;
    let seconds = begun.elapsed().as_secs_f64();
    drop(worker);
    meters(&mut bench.admin, tenant, false).await?;
    Ok(count(events) / seconds)
}
