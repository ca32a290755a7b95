//! Many destinations: a hundred accounts in turn, about 50 events a batch.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tracecast::clock::Clock;

use crate::backlog;
use crate::bench::{Bench, Run, count, seconds};
use crate::contenders::{Contender, Task};
use crate::ledger::Row;
use crate::outcome::Result;
use crate::receiver::Receiver;
use crate::tenants::{self, Tenant};

const ACCOUNTS: usize = 100;
/// Events of one account in one commit.
const BATCH: u64 = 50;
/// Times that all accounts have a batch, each after the one before has come in.
const WAVES: u64 = 20;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut receiver = Receiver::start(Duration::ZERO, false)?;
    let mut tenants = Vec::new();
    let (accounts, waves) = if bench.options.quick { (10, 2) } else { (ACCOUNTS, WAVES) };
    for number in 0..accounts {
        tenants.push(bench.tenant(&format!("many-{number}"), &receiver, 0).await?);
    }
    tenants::resume(&mut bench.admin, &tenants).await?;
    let mut writer = PgConnection::connect(&bench.server.admin_url()).await?;
    for _ in 0..bench.options.runs() {
        let program = bench.program.clone();
        let worker = bench.worker(&program, &receiver).await?;
        let (mut anew, mut kept) = (Vec::new(), Vec::new());
        for _ in 0..waves {
            leave(bench).await?;
            anew.push(wave(bench, &mut writer, &mut receiver, &tenants, || worker.cpu()).await?);
        }
        for _ in 0..waves {
            kept.push(wave(bench, &mut writer, &mut receiver, &tenants, || worker.cpu()).await?);
        }
        drop(worker);
        note(bench, "tracecast", &anew);
        note(bench, "tracecast, served within the last second", &kept);
        if !bench.options.alone {
            bare(bench, &mut receiver, &tenants, waves).await?;
        }
    }
    Ok(())
}

/// Waits until the worker has left all destinations.
async fn leave(bench: &mut Bench) -> Result<()> {
    loop {
        let leased = sqlx::query_scalar("SELECT count(*) FROM cursors WHERE leased_by IS NOT NULL");
        let leased: i64 = leased.fetch_one(&mut bench.admin).await?;
        if leased == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// All accounts have a batch. The clock runs from its commit.
async fn wave(
    bench: &mut Bench,
    writer: &mut PgConnection,
    receiver: &mut Receiver,
    tenants: &[Tenant],
    cpu: impl Fn() -> Result<f64>,
) -> Result<Run> {
    let accounts: Vec<_> = tenants.iter().map(|tenant| tenant.account).collect();
    bench.backlog.begin(writer, &accounts, BATCH).await?;
    backlog::checkpoint(&mut bench.admin).await?;
    receiver.reset()?;
    let before = (cpu()?, bench.server.cpu()?);
    let begun = Clock::System.unix_nanos().0;
    backlog::end(writer).await?;
    let counts = receiver.wait_for(BATCH * accounts.len() as u64).await?;
    let (sender, postgres) = (cpu()? - before.0, bench.server.cpu()? - before.1);
    Ok(Run { seconds: seconds(begun, counts.last), sender, postgres, counts })
}

/// The limit reads what is recorded from now on, 50 events of each account.
async fn bare(bench: &mut Bench, receiver: &mut Receiver, tenants: &[Tenant], waves: u64) -> Result<()> {
    let task = Task {
        contender: Contender::Bare,
        gzip: true,
        events: BATCH * tenants.len() as u64,
        receiver: receiver.endpoint().clone(),
        database: bench.server.admin_url(),
        accounts: tenants.iter().map(|tenant| tenant.account).collect(),
        news_only: true,
    };
    let mut role = task.start()?;
    let mut runs = Vec::new();
    for _ in 0..waves {
        bench.backlog.commit(&mut bench.admin, &task.accounts, BATCH).await?;
        runs.push(bench.contend(&mut role, receiver).await?);
    }
    note(bench, Contender::Bare.label(), &runs);
    Ok(())
}

fn note(bench: &mut Bench, name: &str, runs: &[Run]) {
    let events: u64 = runs.iter().map(|run| run.counts.events).sum();
    let time: f64 = runs.iter().map(|run| run.seconds).sum();
    let cpu: f64 = runs.iter().map(|run| run.sender).sum();
    let postgres: f64 = runs.iter().map(|run| run.postgres).sum();
    let row = |what: &str, unit, goal| {
        Row::new(format!("{ACCOUNTS} accounts in turn, {BATCH} events each, {what}"), unit, goal)
    };
    let goal = "bare loop at most 1.43 times as fast";
    bench.ledger.note(&row("export", "events/s", goal), name, count(events) / time);
    bench.ledger.note(&row("processor time of the sender", "µs/event", ""), name, cpu * 1e6 / count(events));
    bench.ledger.note(&row("processor time of Postgres", "µs/event", ""), name, postgres * 1e6 / count(events));
}
