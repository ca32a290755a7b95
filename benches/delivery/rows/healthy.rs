//! A healthy destination beside one with a long backlog, and beside more that hang than requests may be on the wire. The receiver takes
//! 50 ms for every request of the first two.

use std::time::Duration;

use super::latency;
use crate::bench::Bench;
use crate::ledger::{Row, percentile};
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::tenants;

const DELAY: Duration = Duration::from_millis(50);
/// Events that wait for the other destination.
const BACKLOG: u64 = 400_000;
/// Destinations whose receiver does not answer in time, each with an event.
const HANGING: usize = 80;
/// Longer than anybody waits.
const NO_ANSWER: Duration = Duration::from_mins(10);
/// Events a second to the healthy one.
const RATE: u64 = 20;
const SECONDS: u64 = 10;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut receiver = Receiver::start(DELAY, true)?;
    let backlog = bench.options.sized(BACKLOG);
    let flooded = bench.tenant("flooded", &receiver, backlog).await?;
    let healthy = bench.tenant("healthy", &receiver, 0).await?;
    let silent = Receiver::start(NO_ANSWER, false)?;
    let mut others = vec![flooded];
    for number in 0..HANGING {
        others.push(bench.tenant(&format!("hanging-{number}"), &silent, 1).await?);
    }
    tenants::go(&mut bench.admin, &[healthy]).await?;
    let size = (RATE, if bench.options.quick { 1 } else { SECONDS });
    let row = |percent: usize, goal| Row::new(format!("a destination's p{percent} beside a flooded one"), "ms", goal);
    for _ in 0..bench.options.runs() {
        flooded.rewind(&mut bench.admin).await?;
        receiver.reset()?;
        let mut program = bench.program.clone();
        let allowed = [receiver.endpoint(), silent.endpoint()].map(|endpoint| endpoint.address.to_string());
        program.settings.push(("TRACECAST_EGRESS_ALLOW".to_owned(), allowed.join(",")));
        let worker = bench.worker(&program, &receiver).await?;
        let alone = latency::trickle(bench, &mut receiver, healthy, size).await?;
        tenants::go(&mut bench.admin, &others).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let beside = latency::trickle(bench, &mut receiver, healthy, size).await?;
        let taken = receiver.counts()?.events;
        drop(worker);
        if taken >= backlog && !bench.options.quick {
            return Err("the flood ebbed away before the measurement ended; make it larger".into());
        }
        for (percent, goal) in [(50, ""), (99, "at most 1.2 times the receiver's 50 ms")] {
            let accepted = |delays: &[f64]| percentile(delays, percent) + DELAY.as_secs_f64() * 1e3;
            bench.ledger.note(
                &row(percent, goal),
                "tracecast, 400,000 events wait elsewhere, 80 hang",
                accepted(&beside),
            );
            bench.ledger.note(&row(percent, goal), "tracecast, nothing else waits", accepted(&alone));
        }
    }
    Ok(())
}
