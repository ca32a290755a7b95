//! Our own log and metrics: lines for people on a terminal, JSON lines elsewhere (spec 6.1), and numbers for Prometheus.
//! The only process-wide things in the program.

use std::backtrace::Backtrace;
use std::io::IsTerminal as _;
use std::panic;

use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Metadata;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Bounds of the histograms, in seconds: from a millisecond to the longest request.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Sends the log, and what becomes of panics, to standard error. Called once, by `main`.
pub fn start() {
    // sqlx tells each statement that is slow; its texts hold no values.
    let filter = EnvFilter::try_from_env("TRACECAST_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::registry().with(filter).with(filter_fn(|metadata| !quotes_secrets(metadata)));
    let lines = fmt::layer().with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.with(lines.with_target(false)).init();
    } else {
        log.with(lines.json()).init();
    }
    tell_panics();
}

/// sqlx quotes each line of the file of passwords that it does not understand.
fn quotes_secrets(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("sqlx_postgres::options::pgpass") && metadata.fields().field("line").is_some()
}

/// Tells of a panic where it happened, and its words only if they stand like that in the program's text. What they are put
/// together from may be a prompt or a secret: cutting a text at a wrong place, for one, quotes the text (spec 5.3).
fn tell_panics() {
    panic::set_hook(Box::new(|info| {
        let words = info.payload().downcast_ref::<&'static str>().copied();
        let words = words.unwrap_or("not told, because they may quote what was processed");
        let place = info.location().map(ToString::to_string);
        // Empty unless RUST_BACKTRACE asks for it. It names functions, not values.
        let backtrace = Backtrace::capture();
        tracing::error!(place, words, %backtrace, "a part of the program panicked");
    }));
}

/// Begins to count. What was counted is read through the handle. None: this process counts already.
pub fn count() -> Option<PrometheusHandle> {
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS).ok()?;
    let handle = builder.install_recorder().ok()?;
    describe();
    Some(handle)
}

fn describe() {
    describe_counter!("tracecast_recorder_recorded_total", "Completed requests written to the log");
    describe_counter!(
        "tracecast_recorder_lost_total",
        "Completed requests lost: the database was away and the buffer full"
    );
    describe_gauge!("tracecast_recorder_waiting_bytes", "Bytes of completed requests that wait to be written");
    describe_gauge!(
        "tracecast_recorder_oldest_waiting_seconds",
        "Age of the oldest completed request that waits to be written"
    );
    describe_histogram!("tracecast_recorder_commit_seconds", "Duration of one group commit");
    describe_counter!("tracecast_deliveries_total", "Requests to destinations, by outcome");
    describe_histogram!("tracecast_delivery_seconds", "Duration of one request to a destination");
    describe_counter!("tracecast_requests_delivered_total", "Completed requests accepted by a destination");
    describe_counter!("tracecast_dead_letters_total", "Completed requests that became dead letters");
    describe_counter!("tracecast_leases_lost_total", "Batches that ended after their lease was lost");
    describe_counter!(
        "tracecast_destinations_switched_off_total",
        "Destinations switched off after days without success"
    );
    describe_counter!("tracecast_sign_ins_total", "Attempts to sign in, by secret and outcome");
    describe_histogram!("tracecast_password_check_seconds", "Duration of looking at one password");
    describe_counter!("tracecast_api_keys_refused_total", "Requests with an API key that let nobody in");
    describe_gauge!("tracecast_bodies_bytes", "Bytes of memory that requests in flight hold");
    describe_counter!(
        "tracecast_bodies_refused_total",
        "Requests refused because there was no memory for them, by limit"
    );
    describe_gauge!("tracecast_destinations", "Destinations of all accounts, by health");
    describe_gauge!("tracecast_oldest_waiting_seconds", "Age of the oldest request that waits, by health");
}
