//! The management API at a steady rate: how long a program waits for its answers while it asks 500 times a second, and how long a dry
//! run over a thousand requests takes.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tracecast::auth::api_keys;
use tracecast::token::ApiKeyType;

use super::recording::recorded;
use crate::bench::Bench;
use crate::ledger::{Row, percentile};
use crate::outcome::Result;
use crate::post::Post;
use crate::receiver::Receiver;
use crate::tenants::Tenant;

/// Requests a second, by so many callers in turn, and how many in all.
const RATE: u64 = 500;
const CALLERS: u64 = 10;
const REQUESTS: u64 = 5_000;
/// What a dry run reads, and how often it is asked for.
const LOGGED: u64 = 1_000;
const DRY_RUNS: usize = 5;

const OURS: &str = "tracecast";
const DRY_RUN: &[u8] = br#"{"sampling_rate":0.5,"filter_rules":{"groups":[{"rules":[
    {"field":"model","operator":"starts_with","value":"demo/"},{"field":"input","operator":"not_contains","value":"x"}]}]}}"#;

/// A server, and whose key asks it.
#[derive(Debug, Clone)]
struct Asked {
    address: SocketAddr,
    headers: String,
}

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let receiver = Receiver::start(Duration::ZERO, false)?;
    let tenant = Tenant::create(&bench.state, "api", receiver.endpoint()).await?;
    let key = api_keys::create(&bench.state, &tenant.operator(), ApiKeyType::Management, "bench").await?;
    let caller = api_keys::create(&bench.state, &tenant.operator(), ApiKeyType::Inference, "bench").await?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let settings = [("TRACECAST_BIND", address.to_string()), ("TRACECAST_ECHO_DELAY", "0ms".to_owned())];
    let _running = bench.program.start("web", &bench.server, &settings)?;
    let asked = Asked::new(address, key.reveal());
    asked.is_ready().await?;
    let generation = asks_models(&Asked::new(address, caller.reveal()))?;
    while recorded(bench, tenant).await? < LOGGED {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let destination = format!("/observability/destinations/{}", tenant.destination);
    let operations = [
        ("all destinations", "/observability/destinations".to_owned()),
        ("one destination", destination.clone()),
        ("one request", format!("/generation?id={generation}")),
        ("keys", "/keys".to_owned()),
    ];
    for _ in 0..bench.options.runs() {
        for (words, path) in &operations {
            let times = steadily(&asked, path, bench.options.sized(REQUESTS).next_multiple_of(CALLERS))?;
            let row = Row::new(format!("api, {words}, {RATE} requests/s, p99"), "ms", "at most 10 ms");
            bench.ledger.note(&row, OURS, percentile(&times, 99) * 1e3);
        }
    }
    let mut post = Post::connect(address)?;
    for _ in 0..DRY_RUNS {
        let begun = Instant::now();
        checked(post.ask("POST", &format!("/api/v1{destination}/dry-run"), &asked.headers, DRY_RUN)?)?;
        let row = Row::new(format!("api, dry run over {LOGGED} requests"), "ms", "at most 300 ms");
        bench.ledger.note(&row, OURS, begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}

/// Fills the log, and gives the name of a request.
fn asks_models(asked: &Asked) -> Result<String> {
    const QUESTION: &[u8] = br#"{"model":"demo/echo","messages":[{"role":"user","content":"Hello there"}]}"#;
    let mut post = Post::connect(asked.address)?;
    let mut name = String::new();
    for _ in 0..LOGGED {
        let answer: Value = serde_json::from_slice(checked(post.ask(
            "POST",
            "/api/v1/chat/completions",
            &asked.headers,
            QUESTION,
        )?)?)?;
        answer["id"].as_str().unwrap_or_default().clone_into(&mut name);
    }
    Ok(name)
}

/// Asks at the rate, whether or not answers come. Gives the seconds of each, from when it was to be sent.
fn steadily(asked: &Asked, path: &str, requests: u64) -> Result<Vec<f64>> {
    let begun = Instant::now() + Duration::from_millis(50);
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (asked, path) = (asked.clone(), format!("/api/v1{path}"));
            thread::spawn(move || -> Result<Vec<f64>> {
                let mut post = Post::connect(asked.address)?;
                (0..requests / CALLERS)
                    .map(|turn| {
                        let due = begun + Duration::from_micros((turn * CALLERS + caller) * 1_000_000 / RATE);
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        checked(post.ask("GET", &path, &asked.headers, b"")?)?;
                        Ok(due.elapsed().as_secs_f64())
                    })
                    .collect()
            })
        })
        .collect();
    let mut times = Vec::new();
    tokio::task::block_in_place(|| -> Result<()> {
        for caller in callers {
            times.extend(caller.join().map_err(|_| "a caller panicked")??);
        }
        Ok(())
    })?;
    Ok(times)
}

fn checked((status, answer): (u16, &[u8])) -> Result<&[u8]> {
    if status == 200 { Ok(answer) } else { Err(format!("{status}: {}", String::from_utf8_lossy(answer)).into()) }
}

impl Asked {
    fn new(address: SocketAddr, key: &str) -> Self {
        Self { address, headers: format!("content-type: application/json\r\nauthorization: Bearer {key}\r\n") }
    }

    async fn is_ready(&self) -> Result<()> {
        for _ in 0..1_000 {
            if Post::connect(self.address).is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err("the server does not start".into())
    }
}
