//! The gateway before a model server that answers at once: requests a second, and what it adds to one request.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use tracecast::auth::api_keys;
use tracecast::token::ApiKeyType;

use super::recording::recorded;
use crate::bench::{Bench, count};
use crate::contenders::litellm::{self, Callback, Proxy};
use crate::ledger::{Row, percentile};
use crate::outcome::Result;
use crate::post::Post;
use crate::program::Running;
use crate::receiver::{COMPLETIONS, Receiver};
use crate::tenants::Tenant;

/// Callers at the same time, and requests of all of them together.
const CROWD: (u64, u64) = (64, 20_000);
/// One caller, and how often it asks.
const ALONE: (u64, u64) = (1, 2_000);
/// The same for a gateway that takes a hundredth of it.
const SLOW_CROWD: (u64, u64) = (64, 640);
const SLOW_ALONE: (u64, u64) = (1, 100);

const BODY: &str = r#"{"model":"openai/gpt-4o","user":"user-00042","session_id":"sess-00000042","messages":[{"role":"user","content":"Why does the checkout time out after every deploy? The stack trace shows a connection pool."}],"trace":{"trace_name":"Error Analysis Agent","span_name":"Investigate Incident","generation_name":"Analyze Stack Trace"}}"#;

/// Whom to ask, and how.
#[derive(Debug, Clone)]
struct Target {
    address: SocketAddr,
    path: &'static str,
    headers: String,
}

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut upstream = Receiver::start(Duration::ZERO, false)?;
    let tenant = Tenant::create(&bench.state, "gateway", upstream.endpoint()).await?;
    let key = api_keys::create(&bench.state, &tenant.operator(), ApiKeyType::Inference, "bench").await?;
    let direct = Target::new(upstream.address(), COMPLETIONS, "none");
    let (gateway, address) = start(bench, upstream.address()).await?;
    let ours = Target::new(address, "/api/v1/chat/completions", key.reveal());
    let proxies = proxies(bench, upstream.address()).await?;
    for _ in 0..bench.options.runs() {
        alone(bench, "tracecast", (&direct, &ours), ALONE)?;
        let before = recorded(bench, tenant).await?;
        let cpu = gateway.cpu()?;
        let seconds = crowd(bench, "tracecast", &ours, CROWD)?;
        let requests = sized(bench, CROWD).1;
        let cpu = (gateway.cpu()? - cpu) * 1e6 / count(requests);
        let late = until_recorded(bench, tenant, before + requests).await?;
        silent(bench, &ours)?;
        let row = |what: &str, unit, goal| Row::new(format!("gateway, {} callers, {what}", CROWD.0), unit, goal);
        let durable = count(requests) / (seconds + late);
        bench.ledger.note(&row("until all are durable", "requests/s", "at least 15,000/s"), "tracecast", durable);
        bench.ledger.note(&row("processor time", "µs/request", ""), "tracecast", cpu);
        for (_, callback, target) in &proxies {
            upstream.reset()?;
            alone(bench, callback.label(), (&direct, target), SLOW_ALONE)?;
            crowd(bench, callback.label(), target, SLOW_CROWD)?;
            if *callback == Callback::Otlp {
                traces(bench, &mut upstream).await?;
            }
        }
    }
    Ok(())
}

/// LiteLLM where it was named: twice, without and with its callback.
async fn proxies(bench: &Bench, upstream: SocketAddr) -> Result<Vec<(Proxy, Callback, Target)>> {
    let mut proxies = Vec::new();
    let Some(program) = &bench.options.litellm else { return Ok(proxies) };
    for callback in Callback::ALL {
        let address = free_address()?;
        let proxy = Proxy::start(program, (address, callback), upstream, bench.server.folder()).await?;
        proxies.push((proxy, callback, Target::new(address, COMPLETIONS, litellm::KEY)));
    }
    Ok(proxies)
}

/// How many of LiteLLM's requests became traces: its figures count for nothing if it exports none. Waits for them, so
/// that they are not exported while others are measured.
async fn traces(bench: &mut Bench, upstream: &mut Receiver) -> Result<()> {
    let requests = sized(bench, SLOW_ALONE).1 + sized(bench, SLOW_CROWD).1;
    let (begun, mut came) = (Instant::now(), upstream.counts()?.events);
    while came < requests && begun.elapsed() < Duration::from_secs(15) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        came = upstream.counts()?.events;
    }
    if came == 0 {
        return Err("LiteLLM's callback exported nothing; has its Python opentelemetry-exporter-otlp?".into());
    }
    let row = Row::new("gateway, requests that became traces", "%", "");
    bench.ledger.note(&row, Callback::Otlp.label(), count(came) / count(requests) * 100.0);
    Ok(())
}

/// What a gateway adds to a request when nobody else asks.
fn alone(bench: &mut Bench, name: &str, (direct, gateway): (&Target, &Target), size: (u64, u64)) -> Result<()> {
    let size = sized(bench, size);
    let (_, straight) = load(direct, size)?;
    let (_, through) = load(gateway, size)?;
    for (percent, goal) in [(50, "at most 0.3 ms"), (99, "at most 2 ms")] {
        let row = Row::new(format!("gateway, one caller, added latency, p{percent}"), "ms", goal);
        let added = percentile(&through, percent) - percentile(&straight, percent);
        bench.ledger.note(&row, name, added * 1e3);
    }
    Ok(())
}

/// What one caller notices when Postgres stops to answer: the slowest answer beside the slowest one while it answers. What
/// completes meanwhile waits in memory, and is recorded once it goes on.
fn silent(bench: &mut Bench, gateway: &Target) -> Result<()> {
    let size = sized(bench, ALONE);
    let row = Row::new("gateway, one caller, slowest answer", "ms", "no second later while Postgres is silent");
    let (_, usual) = load(gateway, size)?;
    bench.server.falls_silent()?;
    let silent = load(gateway, size);
    bench.server.speaks_again()?;
    bench.ledger.note(&row, "tracecast, Postgres answers", percentile(&usual, 100) * 1e3);
    bench.ledger.note(&row, "tracecast, Postgres is silent", percentile(&silent?.1, 100) * 1e3);
    Ok(())
}

/// What a gateway can take. Gives the seconds that it took.
fn crowd(bench: &mut Bench, name: &str, gateway: &Target, size: (u64, u64)) -> Result<f64> {
    let size = sized(bench, size);
    let (seconds, times) = load(gateway, size)?;
    let row = |what: &str, unit, goal| Row::new(format!("gateway, {} callers, {what}", size.0), unit, goal);
    let goal = "at least 100 times LiteLLM's";
    bench.ledger.note(&row("requests", "requests/s", goal), name, count(size.1) / seconds);
    bench.ledger.note(&row("p99", "ms", ""), name, percentile(&times, 99) * 1e3);
    Ok(seconds)
}

fn sized(bench: &Bench, (callers, requests): (u64, u64)) -> (u64, u64) {
    (callers, bench.options.sized(requests).next_multiple_of(callers))
}

/// An address where nobody listens now.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The program's gateway alone, before this upstream.
async fn start(bench: &Bench, upstream: SocketAddr) -> Result<(Running, SocketAddr)> {
    let address = free_address()?;
    let settings = [("TRACECAST_BIND", address.to_string()), ("UPSTREAM_BASE_URL", format!("http://{upstream}/v1"))];
    let running = bench.program.start("web", &bench.server, &settings)?;
    for _ in 0..1_000 {
        if Post::connect(address).is_ok() {
            return Ok((running, address));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("the gateway does not start".into())
}

/// Callers that ask again as soon as they have an answer. Gives the seconds of all, and those of each request.
fn load(target: &Target, (callers, requests): (u64, u64)) -> Result<(f64, Vec<f64>)> {
    let begun = Instant::now();
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let target = target.clone();
            thread::spawn(move || target.ask(requests / callers))
        })
        .collect();
    let mut times = Vec::new();
    tokio::task::block_in_place(|| -> Result<()> {
        for caller in callers {
            times.extend(caller.join().map_err(|_| "a caller panicked")??);
        }
        Ok(())
    })?;
    Ok((begun.elapsed().as_secs_f64(), times))
}

impl Target {
    fn new(address: SocketAddr, path: &'static str, key: &str) -> Self {
        Self { address, path, headers: format!("content-type: application/json\r\nauthorization: Bearer {key}\r\n") }
    }

    fn ask(&self, requests: u64) -> Result<Vec<f64>> {
        let mut post = Post::connect(self.address)?;
        (0..requests)
            .map(|_| {
                let begun = Instant::now();
                let (status, answer) = post.send(self.path, &self.headers, BODY.as_bytes())?;
                if status != 200 {
                    return Err(format!("{status}: {}", String::from_utf8_lossy(answer)).into());
                }
                Ok(begun.elapsed().as_secs_f64())
            })
            .collect()
    }
}

/// Waits until the log holds so many entries. Gives the seconds that it took.
async fn until_recorded(bench: &mut Bench, tenant: Tenant, entries: u64) -> Result<f64> {
    let begun = Instant::now();
    while recorded(bench, tenant).await? < entries {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("not every request was recorded".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(begun.elapsed().as_secs_f64())
}
