//! The gateway before a model server that answers at once: requests a second, and what it adds to one request, door by door;
//! what it costs to hold the end of an answer until its commit; and the same of LiteLLM.

mod door;
mod load;

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use tracecast::auth::api_keys;
use tracecast::token::ApiKeyType;

use self::door::Door;
use self::load::{Target, load};
use super::recording::recorded;
use crate::bench::{Bench, count};
use crate::contenders::litellm::{self, Callback, Proxy};
use crate::ledger::{Row, percentile};
use crate::outcome::Result;
use crate::post::Post;
use crate::program::Running;
use crate::receiver::Receiver;
use crate::tenants::Tenant;

/// Callers at the same time, and requests of all of them together.
const CROWD: (u64, u64) = (64, 20_000);
/// One caller, and how often it asks.
const ALONE: (u64, u64) = (1, 2_000);
/// The same for a gateway that takes a hundredth of it.
const SLOW_CROWD: (u64, u64) = (64, 640);
const SLOW_ALONE: (u64, u64) = (1, 100);
/// The same for streams of 200 chunks, and streams whose chunks are watched one by one.
const STREAMS_CROWD: (u64, u64) = (64, 1_280);
const STREAMS_ALONE: (u64, u64) = (1, 300);
const PACED_STREAMS: u64 = 20;

/// The program as it stands, and the program that records before it answers.
const OURS: &str = "tracecast";
const BEFORE_ANSWER: &str = "tracecast, before-answer";

/// A running gateway of the program.
#[derive(Debug)]
struct Gateway {
    name: &'static str,
    running: Running,
    target: Target,
}

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let mut upstream = Receiver::start(Duration::ZERO, false)?;
    let tenant = Tenant::create(&bench.state, "gateway", upstream.endpoint()).await?;
    let key = api_keys::create(&bench.state, &tenant.operator(), ApiKeyType::Inference, "bench").await?;
    let direct = Target::plain(upstream.address(), "none");
    let ours = start(bench, OURS, upstream.address(), key.reveal()).await?;
    let held = start(bench, BEFORE_ANSWER, upstream.address(), key.reveal()).await?;
    let doors = doors(&ours.target)?;
    let proxies = proxies(bench, upstream.address()).await?;
    for _ in 0..bench.options.runs() {
        alone(bench, OURS, (&direct, &ours.target), &Door::chat(), ALONE)?;
        durable(bench, &ours, tenant).await?;
        silent(bench, &ours.target)?;
        for gateway in [&ours, &held] {
            streams(bench, gateway, &direct)?;
        }
        for door in &doors {
            alone(bench, OURS, (&direct, &ours.target), door, ALONE)?;
            crowd(bench, OURS, &ours.target, door, CROWD)?;
        }
        alone(bench, BEFORE_ANSWER, (&direct, &held.target), &Door::chat(), ALONE)?;
        crowd(bench, BEFORE_ANSWER, &held.target, &Door::chat(), CROWD)?;
        for (_, callback, target) in &proxies {
            upstream.reset()?;
            alone(bench, callback.label(), (&direct, target), &Door::chat(), SLOW_ALONE)?;
            crowd(bench, callback.label(), target, &Door::chat(), SLOW_CROWD)?;
            if *callback == Callback::Otlp {
                traces(bench, &mut upstream).await?;
            }
        }
    }
    Ok(())
}

/// The doors beside chat that this program has.
fn doors(gateway: &Target) -> Result<Vec<Door>> {
    let mut doors = Vec::new();
    for door in Door::others() {
        if gateway.has(&door)? {
            doors.push(door);
        } else {
            eprintln!("  gateway{}: not measured, because the program answers 404 to {}", door.words, door.path);
        }
    }
    Ok(doors)
}

/// A crowd at the chat: what it gets, what it costs, and how soon all of it is recorded.
async fn durable(bench: &mut Bench, gateway: &Gateway, tenant: Tenant) -> Result<()> {
    let before = recorded(bench, tenant).await?;
    let cpu = gateway.running.cpu()?;
    let seconds = crowd(bench, gateway.name, &gateway.target, &Door::chat(), CROWD)?;
    let requests = sized(bench, CROWD).1;
    let cpu = (gateway.running.cpu()? - cpu) * 1e6 / count(requests);
    let late = until_recorded(bench, tenant, before + requests).await?;
    let row = |what: &str, unit, goal| Row::new(format!("gateway, {} callers, {what}", CROWD.0), unit, goal);
    let durable = count(requests) / (seconds + late);
    bench.ledger.note(&row("until all are durable", "requests/s", "at least 15,000/s"), gateway.name, durable);
    bench.ledger.note(&row("processor time", "µs/request", ""), gateway.name, cpu);
    Ok(())
}

/// Streams: whole ones, and how much later than from the model server each chunk comes.
fn streams(bench: &mut Bench, gateway: &Gateway, direct: &Target) -> Result<()> {
    let door = Door::streamed();
    alone(bench, gateway.name, (direct, &gateway.target), &door, STREAMS_ALONE)?;
    crowd(bench, gateway.name, &gateway.target, &door, STREAMS_CROWD)?;
    let (door, streams) = (Door::paced(), bench.options.sized(PACED_STREAMS).max(1));
    let straight = direct.chunks(&door, streams)?;
    let through = gateway.target.chunks(&door, streams)?;
    for (percent, goal) in [(50, "at most 0.1 ms"), (99, "")] {
        let row = Row::new(format!("gateway{}, added delay of a chunk, p{percent}", door.words), "ms", goal);
        let added = percentile(&through, percent) - percentile(&straight, percent);
        bench.ledger.note(&row, gateway.name, added * 1e3);
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
        proxies.push((proxy, callback, Target::plain(address, litellm::KEY)));
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
fn alone(
    bench: &mut Bench,
    name: &str,
    (direct, gateway): (&Target, &Target),
    door: &Door,
    size: (u64, u64),
) -> Result<()> {
    let size = sized(bench, size);
    let (_, straight) = load(direct, door, size)?;
    let (_, through) = load(gateway, door, size)?;
    for (percent, goal) in [(50, "at most 0.3 ms"), (99, "at most 2 ms")] {
        let row = Row::new(format!("gateway{}, one caller, added latency, p{percent}", door.words), "ms", goal);
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
    let (_, usual) = load(gateway, &Door::chat(), size)?;
    bench.server.falls_silent()?;
    let silent = load(gateway, &Door::chat(), size);
    bench.server.speaks_again()?;
    bench.ledger.note(&row, "tracecast, Postgres answers", percentile(&usual, 100) * 1e3);
    bench.ledger.note(&row, "tracecast, Postgres is silent", percentile(&silent?.1, 100) * 1e3);
    Ok(())
}

/// What a gateway can take. Gives the seconds that it took.
fn crowd(bench: &mut Bench, name: &str, gateway: &Target, door: &Door, size: (u64, u64)) -> Result<f64> {
    let size = sized(bench, size);
    let (seconds, times) = load(gateway, door, size)?;
    let row =
        |what: &str, unit, goal| Row::new(format!("gateway{}, {} callers, {what}", door.words, size.0), unit, goal);
    let goal = if door.words.is_empty() { "at least 100 times LiteLLM's" } else { "" };
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
async fn start(bench: &Bench, name: &'static str, upstream: SocketAddr, key: &str) -> Result<Gateway> {
    let address = free_address()?;
    let mut settings =
        vec![("TRACECAST_BIND", address.to_string()), ("UPSTREAM_BASE_URL", format!("http://{upstream}/v1"))];
    if name == BEFORE_ANSWER {
        settings.push(("TRACECAST_RECORD", "before-answer".to_owned()));
    }
    let running = bench.program.start("web", &bench.server, &settings)?;
    for _ in 0..1_000 {
        if Post::connect(address).is_ok() {
            return Ok(Gateway { name, running, target: Target::tracecast(address, key) });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("the gateway does not start".into())
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
