//! The connection test against receivers that are slow, broken, or none at all: each failure has its sentence.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use demo_receiver::{AcceptedKey, Behaviour, Options, Receiver, Running};
use tokio_util::task::TaskTracker;
use tracecast::clock::Clock;
use tracecast::config::{Config, Given};
use tracecast::connection_test::{self, Verdict};
use tracecast::destination::{Settings, kinds};
use tracecast::egress::{Egress, Guard, Limits, Setup};
use tracecast::random::Random;
use tracecast::seal::Keyring;
use tracecast::state::State;
use tracecast::state::hashing::Hashing;
use tracecast::store::Store;

/// What a flow is given, with a way out to loopback that is patient for a second only. The database is never asked.
pub(crate) fn given() -> State {
    let short = Duration::from_secs(1);
    given_within(Limits { dns: short, connect: short, total: short, ..Limits::default() })
}

fn given_within(limits: Limits) -> State {
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], true);
    State {
        clock: Clock::System,
        random: Random,
        config: Arc::new(Config::parse(&Given::defaults()).unwrap()),
        store: Store::open("postgres://nobody@127.0.0.1:1/none".parse().unwrap(), "test", 1),
        egress: Egress::with(guard, Clock::System, &Setup { limits, ..Setup::default() }).unwrap(),
        keyring: Arc::new(Keyring::parse(&"0".repeat(64)).unwrap()),
        hashing: Hashing::new(1),
        testing: tracecast::state::testing::Testing::default(),
        rate_limits: tracecast::state::rate_limits::RateLimits::new(None),
        refusals: tracecast::state::refusals::Refusals::default(),
        known_keys: tracecast::state::known_keys::KnownKeys::new(Duration::from_mins(5)),
        bodies: tracecast::state::bodies::Bodies::new(tracecast::config::LEAST_BODY_BUDGET),
        stream_options: tracecast::state::stream_options::StreamOptions::default(),
        spending: tracecast::state::spending::Spending::default(),
    }
}

/// Tests the DSN of `scheme` at `address`.
async fn tested(scheme: &str, address: impl std::fmt::Display) -> Verdict {
    tested_by(&given(), scheme, address).await
}

async fn tested_by(given: &State, scheme: &str, address: impl std::fmt::Display) -> Verdict {
    let dsn = format!("{scheme}://7c1f6e0b2a9d4c35b8e06f1d5a72943e@{address}/1");
    let settings: Settings = [("dsn", dsn)].into_iter().collect();
    let kind = kinds::find("sentry").unwrap();
    let connection = kind.connect(&settings).unwrap();
    connection_test::run(given, kind, &connection).await
}

/// The test failed at `step`, nothing after it was done, and it says `words`.
fn failed(verdict: &Verdict, step: &str, words: &str) {
    assert!(!verdict.passed, "{verdict:?}");
    let at = verdict.steps.iter().position(|step| step.state.name() == "failed").unwrap();
    assert_eq!(verdict.steps[at].name, step, "{verdict:?}");
    assert!(verdict.steps[at + 1..].iter().all(|later| later.state.name() == "skipped"), "{verdict:?}");
    let advice = verdict.advice.as_deref().unwrap();
    assert!(advice.contains(words), "`{words}` is not in `{advice}`");
}

fn receiver(behaviour: Behaviour) -> Running {
    Receiver::start(Options { behaviour, ..Options::default() }, &TaskTracker::new()).unwrap()
}

/// Something that listens and treats each connection its own way.
fn listener(treat: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(treat));
    address
}

/// A web server that answers every request with this page.
fn web_page(mut stream: TcpStream) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
    let page = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head></html>";
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{page}", page.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_answers_is_not_waited_for() {
    let receiver = receiver(Behaviour::Hang);
    failed(&tested("http", receiver.address()).await, "send", "did not answer in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_without_an_end_is_not_read_to_it() {
    let receiver = receiver(Behaviour::Endless);
    let verdict = tested("http", receiver.address()).await;
    assert!(verdict.steps.iter().all(|step| step.milliseconds.is_none_or(|took| took < 10_000)), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_is_told_from_one_that_never_was() {
    let receiver = receiver(Behaviour::Broken);
    failed(&tested("http", receiver.address()).await, "send", "closed the connection before it had answered");
    let hangs_up = listener(drop);
    failed(&tested("http", hangs_up).await, "send", "closed the connection before it had answered");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    failed(&tested("http", nobody).await, "connect", "refuses connections on this port");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_no_tls_is_told_from_what_hangs_up() {
    let receiver = receiver(Behaviour::Normal);
    failed(&tested("https", receiver.address()).await, "tls", "does not speak TLS");
    failed(&tested("https", listener(drop)).await, "tls", "closed the connection");
    assert_eq!(receiver.received().totals().requests, 0, "nothing was sent in the clear");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_none_of_a_receiver_is_no_pass() {
    failed(&tested("http", listener(web_page)).await, "send", "A web page answers at this address");
    let garbage = listener(|mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n");
    });
    failed(&tested("http", garbage).await, "send", "does not speak HTTP");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_has_its_advice_and_no_redirect_is_followed() {
    for (code, words) in [
        (302, "redirects are not followed"),
        (400, "Copy both values again"),
        (401, "Copy the DSN again"),
        (403, "belongs to another project"),
        (404, "needs Relay 26.5"),
        (405, "it takes no traces"),
        (413, "too large"),
        (415, "protobuf"),
        (500, "a problem of its own"),
        (503, "a problem of its own"),
    ] {
        let receiver = receiver(Behaviour::Status { code, retry_after: None });
        let verdict = tested("http", receiver.address()).await;
        failed(&verdict, "send", words);
        assert_eq!(verdict.status, Some(code));
        assert_eq!(receiver.received().totals().requests, 1, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_unknown_shows_only_at_the_second_request() {
    let keys = vec![AcceptedKey { project_id: 2, ..AcceptedKey::default() }];
    let receiver = Receiver::start(Options { keys, ..Options::default() }, &TaskTracker::new()).unwrap();
    let verdict = tested("http", receiver.address()).await;
    failed(&verdict, "send_again", "belongs to another project");
    let again = verdict.steps.iter().find(|step| step.name == "send_again").unwrap();
    assert_eq!(again.detail, "The receiver answered 403: event submission rejected with_reason: ProjectId.");
}

/// Each request may take a minute here, and the whole test half a second.
#[tokio::test(flavor = "multi_thread")]
async fn test_as_a_whole_ends_in_time_however_patient_each_request_is() {
    let patient = Duration::from_mins(1);
    let given = given_within(Limits { total: patient, test: Duration::from_millis(500), ..Limits::default() });
    let silent = listener(|stream| {
        thread::sleep(Duration::from_mins(1));
        drop(stream);
    });
    failed(&tested_by(&given, "http", silent).await, "send", "did not answer in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn receiver_that_answers_slowly_passes_with_a_warning() {
    let receiver = receiver(Behaviour::Normal);
    let verdict =
        tested_by(&given_within(Limits { slow: Duration::ZERO, ..Limits::default() }), "http", receiver.address())
            .await;
    assert!(verdict.passed && verdict.warning, "{verdict:?}");
    assert!(verdict.advice.unwrap().contains("The receiver is slow"));
    let verdict = tested("http", receiver.address()).await;
    assert!(verdict.passed && verdict.spans.len() == 1, "one span, which is no call of a model: {verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_passes_with_a_warning() {
    let receiver = receiver(Behaviour::Quota);
    let verdict = tested("http", receiver.address()).await;
    assert!(verdict.passed && verdict.warning, "{verdict:?}");
    assert!(verdict.advice.unwrap().contains("quota"));
    assert_eq!(verdict.trace_id, None, "what was refused cannot be looked up");
}
