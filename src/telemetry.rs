//! Our own log and metrics: lines for people on a terminal, JSON lines elsewhere (spec 6.1), and numbers for Prometheus.
//! The only process-wide things in the program.

use std::backtrace::Backtrace;
use std::io::IsTerminal as _;
use std::panic;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Metadata;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Bounds of the histograms, in seconds: from a millisecond to the longest request. 2 ms and 10 s are objectives (spec 11.4).
const SECONDS: [f64; 14] = [0.001, 0.002, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0];

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

/// What is counted: the name, and a label of the series that begins at zero.
const COUNTERS: [(&str, Label, &str); 11] = [
    ("tracecast_recorder_recorded_total", None, "Completed requests written to the log"),
    ("tracecast_recorder_lost_total", None, "Completed requests lost: the database was away and the buffer full"),
    ("tracecast_answers_let_go_total", None, "Answers that ended before their requests were committed"),
    ("tracecast_deliveries_total", Some(("outcome", "delivered")), "Requests to destinations, by outcome"),
    ("tracecast_requests_delivered_total", None, "Completed requests accepted by a destination"),
    ("tracecast_dead_letters_total", None, "Completed requests that became dead letters"),
    ("tracecast_leases_lost_total", None, "Batches that ended after their lease was lost"),
    ("tracecast_destinations_switched_off_total", None, "Destinations switched off after days without success"),
    ("tracecast_sign_ins_total", Some(("outcome", "passed")), "Attempts to sign in, by secret and outcome"),
    ("tracecast_api_keys_refused_total", None, "Requests with an API key that let nobody in"),
    ("tracecast_bodies_refused_total", Some(("limit", "server")), "Requests refused for lack of memory, by limit"),
];

/// The name of a label and its value.
type Label = Option<(&'static str, &'static str)>;

const HISTOGRAMS: [(&str, &str); 5] = [
    ("tracecast_recorder_commit_seconds", "Duration of one group commit"),
    ("tracecast_gateway_added_seconds", "Time that the gateway adds to a request that a model server answers"),
    ("tracecast_delivery_seconds", "Duration of one request to a destination"),
    ("tracecast_accepted_after_seconds", "Time from the end of a completed request until a destination accepted it"),
    ("tracecast_password_check_seconds", "Duration of looking at one password"),
];

const GAUGES: [(&str, &str); 5] = [
    ("tracecast_recorder_waiting_bytes", "Bytes of completed requests that wait to be written"),
    ("tracecast_recorder_oldest_waiting_seconds", "Age of the oldest completed request that waits to be written"),
    ("tracecast_bodies_bytes", "Bytes of memory that requests in flight hold"),
    ("tracecast_destinations", "Destinations of all accounts, by health"),
    ("tracecast_oldest_waiting_seconds", "Age of the oldest request that waits, by health"),
];

/// Describes all numbers, and begins counters at zero: a series that first appears as 1 has grown by nothing for Prometheus, and no
/// alert hears of the first loss.
fn describe() {
    for (name, label, help) in COUNTERS {
        describe_counter!(name, help);
        match label {
            Some((label, value)) => counter!(name, label => value).increment(0),
            None => counter!(name).increment(0),
        }
    }
    for (name, help) in HISTOGRAMS {
        describe_histogram!(name, help);
        drop(histogram!(name));
    }
    for (name, help) in GAUGES {
        describe_gauge!(name, help);
    }
}
