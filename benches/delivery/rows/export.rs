//! From Postgres to one receiver: processor time per event, events a second, memory; beside the limit and the usual ways.

use std::time::Duration;

use sqlx::Connection as _;

use crate::bench::{Bench, Run};
use crate::contenders::{Contender, Task, python};
use crate::ledger::Row;
use crate::outcome::Result;
use crate::program::{Program, Running};
use crate::receiver::Receiver;
use crate::tenants::Tenant;
use crate::usage;

/// The small backlog.
const SMALL: u64 = 10_000;
/// Events of those whose cost does not depend on a backlog.
const MEMORY: u64 = 100_000;
/// The same, for one that is slow.
const PYTHON: u64 = 10_000;
/// Rows of a queue that takes them one by one, and of one that takes them by the batch.
const ROWS: (u64, u64) = (1_000, 50_000);

/// A receiver, and the events that every fresh worker sends there before it is measured: what a start costs is not the
/// backlog's.
pub(super) struct Course {
    pub(super) receiver: Receiver,
    warm_up: Tenant,
    events: u64,
}

/// With or without compression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) gzip: bool,
    pub(super) words: &'static str,
    pub(super) cpu_goal: &'static str,
    pub(super) rate_goal: &'static str,
}

const GZIP: Form = Form {
    gzip: true,
    words: "gzip",
    cpu_goal: "at most 16 µs",
    rate_goal: "bare loop at most 1.33 times as fast; 50,000/s",
};
const PLAIN: Form = Form {
    gzip: false,
    words: "no compression",
    cpu_goal: "at most 8 µs",
    rate_goal: "bare loop at most 1.33 times as fast; 80,000/s",
};

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut course = Course::lay(bench, "export", Receiver::start(Duration::ZERO, false)?).await?;
    let large_events = bench.options.large();
    let small_events = bench.options.sized(SMALL).min(large_events);
    let small = bench.tenant("small", &course.receiver, small_events).await?;
    let large = bench.tenant("large", &course.receiver, large_events).await?;
    let program = bench.program.clone();
    for _ in 0..bench.options.runs() {
        for (tenant, events) in [(small, small_events), (large, large_events)] {
            let backlog = (tenant, events);
            let run = tracecast(bench, &mut course, ("tracecast", &program), backlog, GZIP).await?;
            bench.ledger.note(&cost(), format!("{events} events"), run.sender_us() + run.postgres_us());
            if let Some(settings) = bench.options.variant.clone() {
                let variant = bench.program.with(&settings);
                tracecast(bench, &mut course, (&settings, &variant), backlog, GZIP).await?;
            }
            let plain = bench.program.with("TRACECAST_COMPRESSION=none");
            tracecast(bench, &mut course, ("tracecast", &plain), backlog, PLAIN).await?;
        }
        beside_a_snapshot(bench, &mut course, (large, large_events)).await?;
        if !bench.options.alone {
            bare(bench, &mut course.receiver, (large, large_events), GZIP).await?;
            bare(bench, &mut course.receiver, (large, large_events), PLAIN).await?;
            others(bench, &mut course.receiver, large, large_events).await?;
        }
    }
    Ok(())
}

impl Course {
    /// `row`: whose it is.
    pub(super) async fn lay(bench: &mut Bench, row: &str, receiver: Receiver) -> Result<Self> {
        let events = bench.options.sized(SMALL);
        let warm_up = bench.tenant(&format!("warm-up-{row}"), &receiver, events).await?;
        Ok(Self { receiver, warm_up, events })
    }

    /// A fresh worker that is warm.
    pub(super) async fn worker(&mut self, bench: &mut Bench, program: &Program) -> Result<Running> {
        self.warm_up.rewind(&mut bench.admin).await?;
        let worker = bench.worker(program, &self.receiver).await?;
        bench.drain(&worker, self.warm_up, &mut self.receiver, self.events).await?;
        Ok(worker)
    }
}

/// A fresh worker sends the backlog.
pub(super) async fn tracecast(
    bench: &mut Bench,
    course: &mut Course,
    (name, program): (&str, &Program),
    (tenant, events): (Tenant, u64),
    form: Form,
) -> Result<Run> {
    tenant.rewind(&mut bench.admin).await?;
    let worker = course.worker(bench, program).await?;
    let run = bench.drain(&worker, tenant, &mut course.receiver, events).await?;
    note(bench, name, events, form, &run);
    let (most, _) = usage::resident_mb(worker.pid())?;
    let memory = Row::new(format!("memory of the worker, {}", form.words), "MB", "at most 96 MB and 1.2 times");
    bench.ledger.note(&memory, format!("{name}, {events} events"), most);
    Ok(run)
}

/// The same while another connection holds a snapshot, as a report does that runs for an hour: Postgres can then remove
/// no old version of any row.
async fn beside_a_snapshot(bench: &mut Bench, course: &mut Course, (tenant, events): (Tenant, u64)) -> Result<()> {
    let mut other = bench.server.admin().await?;
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM accounts")
        .execute(&mut other)
        .await?;
    tenant.rewind(&mut bench.admin).await?;
    let program = bench.program.clone();
    let worker = course.worker(bench, &program).await?;
    let run = bench.drain(&worker, tenant, &mut course.receiver, events).await?;
    other.close().await?;
    bench.ledger.note(&cost(), format!("{events} events, a snapshot held open"), run.sender_us() + run.postgres_us());
    Ok(())
}

/// Of worker and Postgres together, by the size of the backlog.
fn cost() -> Row {
    Row::new("processor time of worker and Postgres, gzip", "µs/event", "at most 1.2 times")
}

/// The limit sends the same backlog.
pub(super) async fn bare(
    bench: &mut Bench,
    receiver: &mut Receiver,
    (tenant, events): (Tenant, u64),
    form: Form,
) -> Result<()> {
    contender(bench, receiver, Contender::Bare, (tenant, events), (events, form)).await
}

/// Those without a backlog of their own: compared by what one event costs.
async fn others(bench: &mut Bench, receiver: &mut Receiver, tenant: Tenant, large: u64) -> Result<()> {
    let (row, rows) = (bench.options.sized(ROWS.0), bench.options.sized(ROWS.1));
    for form in [GZIP, PLAIN] {
        let events = bench.options.sized(MEMORY);
        contender(bench, receiver, Contender::Sdk, (tenant, events), (large, form)).await?;
    }
    if let Some(python) = bench.options.python.clone() {
        let events = bench.options.sized(PYTHON);
        for form in [GZIP, PLAIN] {
            let task = (events, form.gzip);
            let mut role = python::start(&python, receiver.address(), task, bench.server.folder())?;
            let run = bench.contend(&mut role, receiver).await?;
            note(bench, python::LABEL, large, form, &run);
        }
    }
    for (queue, events) in [(Contender::Row, row), (Contender::Rows, rows)] {
        crate::rows::queue::fill(bench, events).await?;
        contender(bench, receiver, queue, (tenant, events), (large, GZIP)).await?;
    }
    Ok(())
}

async fn contender(
    bench: &mut Bench,
    receiver: &mut Receiver,
    contender: Contender,
    (tenant, events): (Tenant, u64),
    (row, form): (u64, Form),
) -> Result<()> {
    let task = Task {
        contender,
        gzip: form.gzip,
        events,
        receiver: receiver.endpoint().clone(),
        database: bench.server.admin_url(),
        accounts: vec![tenant.account],
        news_only: false,
    };
    let mut role = task.start()?;
    let run = bench.contend(&mut role, receiver).await?;
    note(bench, contender.label(), row, form, &run);
    Ok(())
}

fn note(bench: &mut Bench, name: &str, events: u64, form: Form, run: &Run) {
    let row = |what: &str, unit, goal| Row::new(format!("{what}, {events} events, {}", form.words), unit, goal);
    bench.ledger.note(&row("export", "events/s", form.rate_goal), name, run.events_per_second());
    bench.ledger.note(&row("processor time of the sender", "µs/event", form.cpu_goal), name, run.sender_us());
    bench.ledger.note(&row("processor time of Postgres", "µs/event", ""), name, run.postgres_us());
    bench.ledger.note(&row("bytes on the wire", "bytes/event", ""), name, run.bytes_per_event());
}
