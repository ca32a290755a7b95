//! Where the worker's time goes within one batch: reading the recorded JSON, building the trace, encoding, compressing.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tracecast::completed_request::CompletedRequest;
use tracecast::completed_request::content::{Content, ContentRef};
use tracecast::destination::redaction::{Redaction, Redactor};
use tracecast::destination::selection::{Candidate, Rules};
use tracecast::id::{AccountId, DestinationId};
use tracecast::otlp::{Encode, Gzip, Json, Protobuf, Resource};
use tracecast::seal::Keyring;
use tracecast::trace::{self, Dialect, Export, TraceSettings};

use crate::bench::{Bench, count};
use crate::ledger::{Ledger, Row};
use crate::{bodies, event};

/// Events of the batch.
const EVENTS: u64 = 500;
/// Large events, and the bytes that each of them says.
const LARGE_EVENTS: u64 = 20;
const LARGE: usize = 100_000;

/// Rounds of which the quickest counts: what the machine's other work adds is left out.
const ROUNDS: u32 = 200;

pub(crate) fn run(bench: &mut Bench) {
    let rounds = if bench.options.quick { 2 } else { ROUNDS };
    for _ in 0..bench.options.runs() {
        measure(rounds, &mut bench.ledger);
    }
}

fn measure(rounds: u32, ledger: &mut Ledger) {
    let batch = Batch::of(EVENTS, event::completed);
    let settings = bodies::settings();
    let resource = Resource::new("");
    let mut encoder = Protobuf::new(&resource);
    let parse = least(rounds, || batch.each(|request, content| drop(black_box((request, content)))));
    let built = least(rounds, || {
        batch.each(|request, content| drop(black_box(trace::build(&request, Some(&content), &settings))));
    });
    let all = least(rounds, || {
        encoder.begin(&resource);
        batch.each(|request, content| encoder.push(&trace::build(&request, Some(&content), &settings)));
    });
    let body = encoder.finish();
    let (mut compressor, mut compressed) = (Gzip::new(), Vec::new());
    let gzip = least(rounds, || compressor.compress(body, &mut compressed));
    let time = |what: &str| Row::new(format!("one event, {what}"), "µs", "");
    ledger.note(&time("reading its JSON"), "tracecast", each(parse));
    ledger.note(&time("building its trace"), "tracecast", each(built.saturating_sub(parse)));
    ledger.note(&time("encoding its spans"), "tracecast", each(all.saturating_sub(built)));
    ledger.note(&time("compressing it"), "tracecast", each(gzip));
    let size = |what: &str| Row::new(format!("one event, {what}"), "bytes", "");
    ledger.note(&size("recorded"), "tracecast", count(batch.bytes()) / count(EVENTS));
    ledger.note(&size("encoded"), "tracecast", count(body.len() as u64) / count(EVENTS));
    ledger.note(&size("compressed"), "tracecast", count(compressed.len() as u64) / count(EVENTS));
    let large = Batch::of(LARGE_EVENTS, |number| event::saying(number, LARGE));
    choices(rounds, &batch, "one event", "at most 25 with the detectors", ledger);
    choices(rounds.div_ceil(10), &large, "one event of 100 kB", "at most 1,000 with the detectors", ledger);
    forms(rounds, &batch, ledger);
}

/// What a destination's choices add: ten groups of rules that all hold, and all detectors, which find nothing.
fn choices(rounds: u32, batch: &Batch, of: &str, goal: &str, ledger: &mut Ledger) {
    let parse = least(rounds, || batch.each(|request, content| drop(black_box((request, content)))));
    let destination = DestinationId(uuid::Uuid::nil());
    let group = json!({ "logic": "and", "rules": [
        { "field": "model", "operator": "starts_with", "value": "openai/" },
        { "field": "total_cost", "operator": "lt", "value": 1 },
        { "field": "input", "operator": "not_contains", "value": "nothing of this kind" },
        { "field": "output", "operator": "regex", "value": "[a-z]+ [a-z]+" },
    ] });
    let rules = json!({ "filter_rules": { "groups": vec![group; 10] }, "sampling_rate": 0.5 });
    let mut judge = Rules::default();
    let by = |rules: &Rules| {
        least(rounds, || {
            batch.each(|request, content| {
                black_box(rules.keep(destination, &Candidate::new(&request, Some(&content), None))).ok();
            });
        })
    };
    let unused = by(&judge);
    judge.replace(rules.as_object().expect("an object")).expect("the rules are valid");
    let judged = by(&judge);
    let detectors = ["email", "phone", "card", "iban", "ip", "token"].map(|name| (name.to_owned(), json!("mask")));
    let members = json!({ "redaction": Value::from_iter(detectors) });
    let mut redaction = Redaction::default();
    redaction.replace(members.as_object().expect("an object")).expect("the detectors are valid");
    let keyring = Keyring::parse(&"0f".repeat(32)).expect("a key");
    let redactor = Redactor::new(redaction, keyring.hash_key(AccountId(uuid::Uuid::nil())));
    let redacted = least(rounds, || {
        batch.each(|mut request, content| drop(black_box(redactor.apply(&mut request, Some(&content)))));
    });
    let mut note = |what: &str, goal: &str, taken: Duration| {
        let added = taken.saturating_sub(parse).as_secs_f64() * 1e6 / count(batch.0.len() as u64);
        ledger.note(&Row::new(format!("{of}, {what}"), "µs", goal), "tracecast", added);
    };
    note("judged without rules", "at most 1", unused);
    note("judged by ten groups of rules", goal, judged);
    note("searched by all detectors", "", redacted);
}

/// Reading, building and encoding, by the form that a receiver reads. One more form is one more line.
fn forms(rounds: u32, batch: &Batch, ledger: &mut Ledger) {
    let resource = Resource::new("");
    let protobuf = || Box::new(Protobuf::new(&resource));
    let forms: [(&str, Dialect, Box<dyn Encode>); 5] = [
        ("sentry", Dialect::Sentry, protobuf()),
        ("plain", Dialect::Plain, protobuf()),
        ("openinference", Dialect::OpenInference, protobuf()),
        ("langfuse", Dialect::Langfuse, protobuf()),
        ("OTLP as JSON", Dialect::Plain, Box::new(Json::new(&resource))),
    ];
    let (mut compressor, mut compressed) = (Gzip::new(), Vec::new());
    for (form, dialect, mut encoder) in forms {
        let settings = TraceSettings { dialect, ..bodies::settings() };
        let taken = least(rounds, || {
            encoder.begin(&resource);
            batch.each(|request, content| {
                let trace = trace::build(&request, Some(&content), &settings);
                encoder.push(&Export { request: &request, trace: &trace, account: AccountId(uuid::Uuid::nil()) });
            });
        });
        let body = encoder.finish();
        let gzip = least(rounds, || compressor.compress(body, &mut compressed));
        let row = |what: &str, unit| Row::new(format!("one event by form, {what}"), unit, "");
        ledger.note(&row("read, built and encoded", "µs"), form, each(taken));
        ledger.note(&row("compressing it", "µs"), form, each(gzip));
        ledger.note(&row("encoded", "bytes"), form, count(encoder.encoded_len() as u64) / count(EVENTS));
    }
}

/// Recorded events, as they lie in the log.
struct Batch(Vec<(Vec<u8>, Vec<u8>)>);

impl Batch {
    fn of(events: u64, event: impl Fn(u64) -> (CompletedRequest<'static>, Content)) -> Self {
        let recorded = (0..events).map(event).map(|(request, content)| {
            (serde_json::to_vec(&request).expect("an event can be written"), content.to_bytes())
        });
        Self(recorded.collect())
    }

    fn each(&self, mut with: impl FnMut(CompletedRequest<'_>, ContentRef<'_>)) {
        for (payload, content) in &self.0 {
            let request = CompletedRequest::from_bytes(payload).expect("a recorded event can be read back");
            with(request, ContentRef::from_bytes(content).expect("recorded content can be read back"));
        }
    }

    fn bytes(&self) -> u64 {
        self.0.iter().map(|(payload, content)| (payload.len() + content.len()) as u64).sum()
    }
}

fn least(rounds: u32, mut work: impl FnMut()) -> Duration {
    let times = (0..rounds).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    times.min().unwrap_or_default()
}

fn each(batch: Duration) -> f64 {
    batch.as_secs_f64() * 1e6 / count(EVENTS)
}
