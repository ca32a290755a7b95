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

use self::bench::Bench;
use self::contenders::Task;
use self::options::{Options, Role};
use self::outcome::Result;

fn main() -> Result<()> {
    let options = Options::parse();
    match options.role.clone() {
        Some(Role::Receive { delay_ms, arrivals }) => receiver::run(Duration::from_millis(delay_ms), arrivals),
        Some(Role::Contend { contender, gzip, events, receiver, database, accounts, news_only }) => {
            Task { contender, gzip, events, receiver, database, accounts, news_only }.run()
        }
        None => tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(options)),
    }
}

async fn measure(options: Options) -> Result<()> {
    let mut bench = Bench::start(options.clone()).await?;
    let measured = rows(&mut bench).await;
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
            "many" => rows::many::run(bench).await?,
            "healthy" => rows::healthy::run(bench).await?,
            "latency" => rows::latency::run(bench).await?,
            "recording" => rows::recording::run(bench).await?,
            "gateway" => rows::gateway::run(bench).await?,
            _ => rows::idle::run(bench).await?,
        }
    }
    Ok(())
}
