//! Does the test, step by step. The first step that fails ends it.

use std::time::{Duration, Instant};

use super::PAUSES;
use super::advice::{advice, passes};
use super::request::test_request;
use super::verdict::{SentSpan, State, Step, Verdict};
use crate::completed_request::GenerationId;
use crate::delivery::Outcome;
use crate::destination::{Connection, Kind};
use crate::otlp::{Compression, Encoder, Gzip, Resource};
use crate::state::State as Given;
use crate::trace;

/// Names and labels of the steps, in order.
const STEPS: [(&str, &str); 7] = [
    ("fields", "Check the fields"),
    ("dns", "Look up the host"),
    ("connect", "Connect"),
    ("tls", "Secure the connection"),
    ("send", "Send an empty request"),
    ("send_again", "Send again"),
    ("trace", "Send a test trace"),
];

/// What a person should know of a receiver that only the operator's list lets in (spec 5.1).
const WIDENED: &str = "This address is not on the public internet. It can be reached only because the operator of this \
    server allows it (TRACECAST_EGRESS_ALLOW): make sure that it is the receiver you mean.";

/// Tests a `connection` of this kind, whose fields were parsed already. Takes a few seconds; stores nothing.
pub async fn run(given: &Given, kind: &Kind, connection: &Connection) -> Verdict {
    let mut test =
        Test { given, kind, connection, steps: Vec::new(), last: None, server: None, status: None, words: None };
    test.step(Duration::ZERO, State::Passed, format!("Traces go to {}.", connection.target()));
    let reached = test.reach().await;
    let sent = if reached { test.send_all().await } else { None };
    test.verdict(sent)
}

struct Test<'a> {
    given: &'a Given,
    kind: &'a Kind,
    connection: &'a Connection,
    steps: Vec<Step>,
    /// What a person should know: the failure, or the last warning.
    last: Option<Outcome>,
    server: Option<String>,
    status: Option<u16>,
    /// What the receiver said to it.
    words: Option<String>,
}

/// The test trace that was accepted.
struct Sent {
    trace_id: String,
    spans: Vec<SentSpan>,
}

impl Test<'_> {
    /// Name, TCP, TLS: each with its time.
    async fn reach(&mut self) -> bool {
        let (egress, url) = (&self.given.egress, self.connection.wire().url());
        let begun = Instant::now();
        let addresses = match egress.resolve(url).await {
            Ok(addresses) => addresses,
            Err(error) => return self.fail(begun, error.outcome()),
        };
        if egress.is_widened(url, &addresses) {
            self.step(begun.elapsed(), State::Warning, WIDENED.to_owned());
        } else {
            self.step(begun.elapsed(), State::Passed, String::new());
        }
        let begun = Instant::now();
        let stream = match egress.connect(&addresses).await {
            Ok(stream) => stream,
            Err(error) => return self.fail(begun, error.outcome()),
        };
        self.step(begun.elapsed(), State::Passed, String::new());
        if url.scheme() != "https" {
            self.step(Duration::ZERO, State::Skipped, "Plain http: nothing is encrypted on the way.".to_owned());
            return true;
        }
        let begun = Instant::now();
        if let Err(error) = egress.handshake(url, stream).await {
            return self.fail(begun, error.outcome());
        }
        self.step(begun.elapsed(), State::Passed, String::new());
        true
    }

    /// The empty request several times, then one real span.
    async fn send_all(&mut self) -> Option<Sent> {
        let begun = Instant::now();
        let outcome = self.post(&[]).await;
        if !self.accept(begun, outcome) {
            return None;
        }
        let begun = Instant::now();
        let mut outcome = Outcome::Delivered;
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            outcome = self.post(&[]).await;
            if !outcome.is_accepted() {
                break;
            }
        }
        if !self.accept(begun, outcome) {
            return None;
        }
        self.send_trace().await
    }

    async fn send_trace(&mut self) -> Option<Sent> {
        let now = self.given.clock.unix_nanos();
        let id = GenerationId::new(now, self.given.random).ok()?;
        let request = test_request(id, now);
        let trace = trace::build_test(&request, self.connection.traces());
        let spans = trace.spans.iter().enumerate().map(|(depth, span)| SentSpan {
            depth,
            name: span.name.to_string(),
            span_id: span.id.to_string(),
        });
        let sent = Sent { trace_id: trace.trace_id.to_string(), spans: spans.collect() };
        let mut encoder = Encoder::new(Resource::new(&self.given.config.service_name));
        encoder.push(&trace);
        let begun = Instant::now();
        let outcome = self.post(encoder.finish()).await;
        self.accept(begun, outcome).then_some(sent)
    }

    async fn post(&mut self, body: &[u8]) -> Outcome {
        let mut compressed = Vec::new();
        Gzip::new().compress(body, &mut compressed);
        match self.given.egress.send(&self.connection.wire().request(compressed, Compression::Gzip)).await {
            Ok(answer) => {
                self.status = Some(answer.status);
                self.words = self.connection.words(&answer);
                let server = answer.headers.get("server").map(|server| shown(&self.connection.redact(server)));
                self.server = server.or(self.server.take());
                self.connection.outcome(&answer)
            }
            Err(error) => {
                self.status = None;
                error.outcome()
            }
        }
    }

    /// Notes an answer. False: the test ends here.
    fn accept(&mut self, begun: Instant, outcome: Outcome) -> bool {
        if !passes(&outcome) {
            return self.fail(begun, outcome);
        }
        let status = self.status.map(|status| format!("The receiver answered {status}.")).unwrap_or_default();
        let state = if outcome.is_quota() { State::Warning } else { State::Passed };
        self.step(begun.elapsed(), state, status);
        if state == State::Warning {
            self.last = Some(outcome);
        }
        true
    }

    fn fail(&mut self, begun: Instant, outcome: Outcome) -> bool {
        // The advice stands above the steps; the step shows the answer from which the advice follows.
        let detail = match (self.status, &self.words) {
            (Some(status), Some(words)) => format!("The receiver answered {status}: {words}."),
            (Some(status), None) => format!("The receiver answered {status}."),
            (None, _) => outcome.sentence().unwrap_or_default().to_owned(),
        };
        self.step(begun.elapsed(), State::Failed, detail);
        self.last = Some(outcome);
        false
    }

    fn step(&mut self, took: Duration, state: State, detail: String) {
        let (name, label) = STEPS[self.steps.len().min(STEPS.len() - 1)];
        let milliseconds = (state != State::Skipped).then(|| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        self.steps.push(Step { name: name.to_owned(), label: label.to_owned(), state, detail, milliseconds });
    }

    fn verdict(mut self, sent: Option<Sent>) -> Verdict {
        let passed = sent.is_some();
        while self.steps.len() < STEPS.len() {
            self.step(Duration::ZERO, State::Skipped, String::new());
        }
        let warning = passed && self.last.is_some();
        let not_yet_seconds = self.last.as_ref().filter(|_| passed).and_then(seconds_to_wait);
        let (trace_id, spans) = sent.map(|sent| (Some(sent.trace_id), sent.spans)).unwrap_or_default();
        let headers = self.connection.wire().headers(Compression::Gzip);
        Verdict {
            passed,
            warning,
            advice: self.last.as_ref().and_then(|outcome| advice(self.kind, outcome)),
            not_yet_seconds,
            headers: headers.iter().map(|header| (header.name.to_string(), header.shown().to_owned())).collect(),
            steps: self.steps,
            status: self.status,
            trace_id,
            server: self.server,
            spans,
            tested_at: self.given.clock.now(),
        }
    }
}

/// How long a receiver that takes nothing at the moment wants to be left alone.
fn seconds_to_wait(outcome: &Outcome) -> Option<u64> {
    let Outcome::Wait { not_before, .. } = outcome else { return None };
    Some(not_before.map_or(0, |pause| pause.as_secs()))
}

/// A receiver's word, fit to be shown (spec 5.1).
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
