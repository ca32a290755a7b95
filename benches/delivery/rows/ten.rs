//! Ten destinations of three forms on one account, beside one: what reads the same is to be read and built once.

use std::time::Duration;

use super::export::Course;
use crate::bench::{Bench, Run, count};
use crate::ledger::Row;
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::tenants::Tenant;
use crate::usage;

/// Events at most: each is sent ten times.
const MOST: u64 = 50_000;

/// Kinds that are sent the plain form, OpenInference's and Langfuse's.
const TEN: [&str; 10] = [
    "otel-collector",
    "phoenix",
    "langfuse",
    "otel-collector",
    "phoenix",
    "langfuse",
    "otel-collector",
    "phoenix",
    "langfuse",
    "otel-collector",
];

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut course = Course::lay(bench, "ten", Receiver::start(Duration::ZERO, false)?).await?;
    let events = bench.options.large().min(MOST);
    let one = account(bench, &course, &TEN[..1], events).await?;
    let ten = account(bench, &course, &TEN, events).await?;
    let program = bench.program.clone();
    for _ in 0..bench.options.runs() {
        for (name, tenant, destinations) in [("one destination", one, 1), ("ten destinations", ten, TEN.len() as u64)] {
            let worker = course.worker(bench, &program).await?;
            let run = bench.drain(&worker, tenant, &mut course.receiver, events * destinations).await?;
            let (most, _) = usage::resident_mb(worker.pid())?;
            note(bench, name, &run, events, most);
        }
    }
    Ok(())
}

/// An account with a destination of each of these kinds, for which the events wait.
async fn account(bench: &mut Bench, course: &Course, kinds: &[&str], events: u64) -> Result<Tenant> {
    let (name, receiver) = (format!("beside-{}", kinds.len()), course.receiver.endpoint());
    let tenant = Tenant::of_kind(&bench.state, &name, kinds[0], receiver).await?;
    for kind in &kinds[1..] {
        tenant.add(&bench.state, kind, receiver).await?;
    }
    bench.backlog.append(&mut bench.admin, tenant.account, events).await?;
    Ok(tenant)
}

fn note(bench: &mut Bench, name: &str, run: &Run, events: u64, memory: f64) {
    let row = |what: &str, unit, goal| Row::new(format!("an account's destinations, {what}"), unit, goal);
    let each = |seconds: f64| seconds * 1e6 / count(events);
    let goal = "at most 5 times one";
    bench.ledger.note(&row("processor time of the sender", "µs/event", goal), name, each(run.sender));
    bench.ledger.note(&row("processor time of Postgres", "µs/event", ""), name, each(run.postgres));
    bench.ledger.note(&row("export", "deliveries/s", ""), name, run.events_per_second());
    bench.ledger.note(&row("memory of the worker", "MB", "at most 96 MB"), name, memory);
}
