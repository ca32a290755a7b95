//! From commit to receiver, one event at a time.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracecast::clock::Clock;
use tracecast::trace::TraceId;

use crate::bench::{Bench, count};
use crate::event::generation_id;
use crate::ledger::{Row, percentile};
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::tenants::{self, Tenant};

/// Events a second.
const RATES: [u64; 2] = [20, 150];
/// Seconds at each rate.
const SECONDS: u64 = 10;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut receiver = Receiver::start(Duration::ZERO, true)?;
    let tenant = bench.tenant("latency", &receiver, 0).await?;
    tenants::go(&mut bench.admin, &[tenant]).await?;
    let program = bench.program.clone();
    let worker = bench.worker(&program, &receiver).await?;
    let seconds = if bench.options.quick { 1 } else { SECONDS };
    for _ in 0..bench.options.runs() {
        for rate in RATES {
            let delays = trickle(bench, &mut receiver, tenant, (rate, seconds)).await?;
            let row =
                |percent: usize, goal| Row::new(format!("commit to receiver, {rate} events/s, p{percent}"), "ms", goal);
            bench.ledger.note(&row(50, "at most 1 ms"), "tracecast", percentile(&delays, 50));
            bench.ledger.note(&row(99, "at most 10 ms"), "tracecast", percentile(&delays, 99));
        }
    }
    drop(worker);
    Ok(())
}

/// Commits one event at a time for some seconds; gives the milliseconds from the end of each commit until it came in.
pub(crate) async fn trickle(
    bench: &mut Bench,
    receiver: &mut Receiver,
    tenant: Tenant,
    (rate, seconds): (u64, u64),
) -> Result<Vec<f64>> {
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(rate)?);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut commits = Vec::new();
    for _ in 0..rate * seconds {
        ticks.tick().await;
        let number = bench.backlog.commit(&mut bench.admin, &[tenant.account], 1).await?;
        commits.push((number, Clock::System.unix_nanos().0));
    }
    for _ in 0..500 {
        let arrivals = receiver.arrivals()?;
        let arrived = |(number, at): &(u64, u64)| {
            let trace = TraceId::of(None, &generation_id(*number)).to_bytes();
            Some(count(arrivals.get(&trace)?.saturating_sub(*at)) / 1e6)
        };
        let delays: Vec<f64> = commits.iter().filter_map(arrived).collect();
        if delays.len() == commits.len() {
            return Ok(delays);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("events that were committed did not arrive".into())
}
