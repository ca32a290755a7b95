//! The benchmark of recording and exporting (spec 4.5): `./bench --help`.

mod backlog;
mod bench;
mod bodies;
mod child;
mod contenders;
mod event;
mod ledger;
mod machine;
mod options;
mod outcome;
mod post;
mod program;
mod receiver;
mod rows;
mod server;
mod stages;
mod tenants;
mod usage;

use std::time::Duration;

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use self::bench::Bench;
use self::contenders::Task;
use self::ledger::Ledger;
use self::options::{Options, Role};
use self::outcome::Result;
use self::receiver::Endpoint;

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(figures) = &options.table {
        let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(figures)?)?;
        print!("{}", Ledger::read(&figures["rows"]).table());
        return Ok(());
    }
    match options.role.clone() {
        Some(Role::Receive { delay_ms, arrivals, certificate }) => {
            receiver::run(Duration::from_millis(delay_ms), arrivals, certificate.as_deref())
        }
        Some(Role::Contend { contender, gzip, events, receiver, certificate, database, accounts, news_only }) => {
            let receiver = Endpoint { address: receiver, certificate };
            Task { contender, gzip, events, receiver, database, accounts, news_only }.run()
        }
        None => tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(options)),
    }
}

async fn measure(options: Options) -> Result<()> {
    let mut bench = Bench::start(options.clone()).await?;
    let measured = tokio::select! {
        measured = rows(&mut bench) => measured,
        () = told_to_end() => Err("told to end; the table holds what was measured until then".into()),
    };
    let words = bench.words();
    if !words.is_empty() {
        eprintln!("The program said:\n{words}");
    }
    print!("{}", bench.ledger.table());
    let postgres: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut bench.admin).await?;
    let figures = serde_json::json!({ "machine": machine::describe(&postgres), "rows": bench.ledger.json() });
    std::fs::write(&options.json, serde_json::to_string_pretty(&figures)?)?;
    bench.state.store.close().await;
    bench.server.stop().await;
    measured
}

/// Ctrl-C, or the signal to terminate: what was started is ended and what was written removed all the same, which with a
/// large backlog is tens of gigabytes.
async fn told_to_end() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

async fn rows(bench: &mut Bench) -> Result<()> {
    for row in options::ROWS {
        if !bench.options.wants(row) {
            continue;
        }
        tenants::rest(&mut bench.admin).await?;
        match row {
            "stages" => stages::run(bench),
            "reading" => rows::reading::run(bench).await?,
            "export" => rows::export::run(bench).await?,
            "forms" => rows::forms::run(bench).await?,
            "ten" => rows::ten::run(bench).await?,
            "tls" => rows::tls::run(bench).await?,
            "many" => rows::many::run(bench).await?,
            "healthy" => rows::healthy::run(bench).await?,
            "latency" => rows::latency::run(bench).await?,
            "recording" => rows::recording::run(bench).await?,
            "gateway" => rows::gateway::run(bench).await?,
            "api" => rows::api::run(bench).await?,
            "meter" => rows::meter::run(bench).await?,
            "replay" => rows::replay::run(bench).await?,
            "activity" => rows::activity::run(bench).await?,
            _ => rows::idle::run(bench).await?,
        }
    }
    Ok(())
}
