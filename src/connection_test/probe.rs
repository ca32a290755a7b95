//! Does the test, step by step. The first step that fails ends it.

use std::time::{Duration, Instant};

use tokio::time::timeout;
use uuid::Uuid;

use super::PAUSES;
use super::example::{conversation, example, test};
use super::record::{Planned, Record, Sent, shown};
use super::verdict::{SentSpan, State, Verdict};
use crate::completed_request::GenerationId;
use crate::delivery::{Attention, Outcome};
use crate::destination::{Carried, Check, Connection, Finding, Kind, Occasion, Parcel, Request, TestStep};
use crate::egress::Egress;
use crate::id::{AccountId, DestinationId};
use crate::otlp::answer::{Response, classify};
use crate::otlp::{Compression, Gzip, Resource};
use crate::state::State as Given;
use crate::trace::{self, Export, Trace};

/// What a person should know of a receiver that only the operator's list lets in (spec 5.1).
const WIDENED: &str = "This address is not on the public internet. It can be reached only because the operator of this \
    server allows it (TRACECAST_EGRESS_ALLOW): make sure that it is the receiver you mean.";

/// Tests a `connection` of this kind, whose fields were parsed already. Takes a few seconds; stores nothing.
pub async fn run(given: &Given, kind: &Kind, connection: &Connection) -> Verdict {
    let steps = connection.wire().steps();
    let planned = Planned::to_reach().into_iter().chain(steps.iter().flat_map(Planned::of)).collect();
    let mut test = Test { given, connection, record: Record::new(kind, connection, planned) };
    test.record.step(Duration::ZERO, State::Passed, format!("Traces go to {}.", connection.target()));
    let passed = timeout(given.egress.limits().test, async { test.reach().await && test.take_all(steps).await }).await;
    let passed = passed.unwrap_or_else(|_| test.record.give_up());
    test.record.verdict(passed, &given.clock)
}

/// Sends the example trace: a chat with a tool call, tokens and cost. `with_content`: Privacy Mode is off.
pub async fn send_example(given: &Given, kind: &Kind, connection: &Connection, with_content: bool) -> Verdict {
    let record = Record::new(kind, connection, vec![Planned::trace()]);
    let mut test = Test { given, connection, record };
    let passed = test.send_trace(What::Example { with_content }).await;
    test.record.verdict(passed, &given.clock)
}

struct Test<'a> {
    given: &'a Given,
    connection: &'a Connection,
    record: Record<'a>,
}

/// Which trace is sent.
#[derive(Clone, Copy)]
enum What {
    Test,
    Example { with_content: bool },
}

impl Test<'_> {
    /// Name, TCP, TLS: each with its time.
    async fn reach(&mut self) -> bool {
        let (egress, url) = (self.egress(), self.connection.wire().url());
        let begun = Instant::now();
        let addresses = match egress.resolve(url).await {
            Ok(addresses) => addresses,
            Err(error) => return self.record.fail(begun.elapsed(), error.outcome()),
        };
        if egress.is_widened(url, &addresses) {
            self.record.step(begun.elapsed(), State::Warning, WIDENED.to_owned());
        } else {
            self.record.step(begun.elapsed(), State::Passed, String::new());
        }
        let begun = Instant::now();
        let stream = match egress.connect(&addresses).await {
            Ok(stream) => stream,
            Err(error) => return self.record.fail(begun.elapsed(), error.outcome()),
        };
        self.record.step(begun.elapsed(), State::Passed, String::new());
        if url.scheme() != "https" {
            let plain = "Plain http: nothing is encrypted on the way.".to_owned();
            self.record.step(Duration::ZERO, State::Skipped, plain);
            return true;
        }
        let begun = Instant::now();
        if let Err(error) = egress.handshake(url, stream).await {
            return self.record.fail(begun.elapsed(), error.outcome());
        }
        self.record.step(begun.elapsed(), State::Passed, String::new());
        true
    }

    async fn take_all(&mut self, steps: &[TestStep]) -> bool {
        for step in steps {
            let passed = match step {
                TestStep::Empty { times } => self.send_empty(*times).await,
                TestStep::Check(check) => self.check(check).await,
                TestStep::Trace => self.send_trace(What::Test).await,
            };
            if !passed {
                return false;
            }
        }
        true
    }

    /// The empty request, and the same again after each pause.
    async fn send_empty(&mut self, times: usize) -> bool {
        let begun = Instant::now();
        let outcome = self.post(self.connection.wire().encoding().empty(), Vec::new()).await;
        if !self.record.accept(begun.elapsed(), outcome) {
            return false;
        }
        let again = times.saturating_sub(1);
        if again == 0 {
            return true;
        }
        let begun = Instant::now();
        let mut outcome = Outcome::Delivered;
        for pause in PAUSES.into_iter().take(again) {
            tokio::time::sleep(pause).await;
            outcome = self.post(self.connection.wire().encoding().empty(), Vec::new()).await;
            if !outcome.is_accepted() {
                break;
            }
        }
        self.record.accept(begun.elapsed(), outcome)
    }

    async fn check(&mut self, check: &Check) -> bool {
        let begun = Instant::now();
        let response = match self.ask(&check.request()).await {
            Ok(response) => response,
            Err(outcome) => return self.record.fail(begun.elapsed(), outcome),
        };
        if is_web_page(&response) {
            return self.record.fail(begun.elapsed(), web_page(&response));
        }
        if let Some(finding) = check.finding.and_then(|read| read(&response)) {
            return self.find(begun, finding);
        }
        if !check.expected.contains(&response.status) {
            return self.record.fail(begun.elapsed(), self.refusal(check, &response));
        }
        let names = check.names(&response.body);
        let names: Vec<_> =
            names.iter().map(|(what, name)| format!("{what} {}", shown(&self.connection.redact(name)))).collect();
        if !names.is_empty() {
            self.record.found = Some(format!("You are connected to {}.", names.join(", ")));
        }
        let detail = self.record.found.clone().unwrap_or_else(|| format!("The receiver answered {}.", response.status));
        self.record.step(begun.elapsed(), State::Passed, detail);
        true
    }

    fn find(&mut self, begun: Instant, finding: Finding) -> bool {
        match finding {
            Finding::Skipped(why) => self.record.step(Duration::ZERO, State::Skipped, why),
            Finding::Warning(what) => self.record.step(begun.elapsed(), State::Warning, what),
            Finding::Failed(advice) => {
                let (reason, status) = (Attention::UnexpectedAnswer, Some(200));
                return self.record.fail(begun.elapsed(), Outcome::NeedsAttention { reason, status, advice });
            }
        }
        true
    }

    /// What an answer to a check means that does not pass.
    fn refusal(&self, check: &Check, response: &Response) -> Outcome {
        let is_known = matches!(response.status, 401 | 403 | 404) || self.connection.knows(response);
        if is_known {
            return self.connection.outcome(response);
        }
        let host = check.url.host_str().unwrap_or_default();
        let advice = match classify(response) {
            outcome @ Outcome::Wait { .. } => outcome.sentence().unwrap_or_default().to_owned(),
            _ => format!("{host} gave another answer than expected (HTTP {}).", response.status),
        };
        let advice = self.connection.redact(&format!("The settings could not be checked. {advice}"));
        Outcome::NeedsAttention { reason: Attention::UnexpectedAnswer, status: Some(response.status), advice }
    }

    async fn send_trace(&mut self, what: What) -> bool {
        let now = self.given.clock.unix_nanos();
        let Ok(id) = GenerationId::new(now, self.given.random) else { return false };
        let (request, content) = match what {
            What::Test => (test(id, now), None),
            What::Example { with_content } => (example(id, now), conversation().filter(|_| with_content)),
        };
        let settings = self.connection.traces();
        let trace = match what {
            What::Test => trace::build_test(&request, settings),
            What::Example { .. } => trace::build(&request, content.as_ref(), settings),
        };
        let sent = sent(&trace);
        let mut encoder = self.connection.wire().encoding().encoder();
        encoder.begin(&Resource::new(&self.given.config.service_name).with(self.connection.wire().resource()));
        let account = AccountId(Uuid::nil());
        let export = Export { request: &request, trace: &trace, account };
        encoder.push(&export);
        let carried = vec![Carried::of(&export)];
        let begun = Instant::now();
        let outcome = self.post(encoder.finish(), carried).await;
        let accepted = self.record.accept(begun.elapsed(), outcome.clone());
        // A receiver over its quota has thrown the trace away.
        if outcome.is_accepted() {
            self.record.sent = Some(sent);
        }
        accepted
    }

    async fn post(&mut self, body: &[u8], carried: Vec<Carried>) -> Outcome {
        let wire = self.connection.wire();
        let compression = wire.compression(Compression::Gzip);
        let body = match compression {
            Compression::None => body.to_vec(),
            Compression::Gzip => {
                let mut compressed = Vec::new();
                Gzip::new().compress(body, &mut compressed);
                compressed
            }
        };
        let parcel = Parcel { carried, body: body.into() };
        match self.ask(&wire.request(&parcel, compression, self.occasion())).await {
            Ok(response) if is_web_page(&response) => web_page(&response),
            Ok(response) => self.connection.outcome(&response),
            Err(outcome) => outcome,
        }
    }

    /// No destination has an identifier before its test has passed.
    fn occasion(&self) -> Occasion {
        Occasion { destination: DestinationId(Uuid::nil()), at: self.given.clock.unix_nanos(), is_test: true }
    }

    fn egress(&self) -> Egress {
        self.given.egress.opening(self.connection.wire().port())
    }

    /// Sends a request, and notes its answer.
    async fn ask(&mut self, request: &Request) -> Result<Response, Outcome> {
        let begun = Instant::now();
        let answered = self.egress().send(request).await;
        if answered.is_ok() && begun.elapsed() > self.given.egress.limits().slow {
            self.record.slow(begun.elapsed());
        }
        match answered {
            Ok(response) => {
                self.record.answer(Some(response.clone()));
                Ok(response)
            }
            Err(error) => {
                self.record.answer(None);
                Err(error.outcome())
            }
        }
    }
}

fn sent(trace: &Trace<'_>) -> Sent {
    let spans = trace.spans.iter().enumerate().map(|(depth, span)| SentSpan {
        depth,
        name: span.name.to_string(),
        span_id: span.id.to_string(),
    });
    Sent { trace_id: trace.trace_id.to_string(), spans: spans.collect() }
}

/// Whether a success is what a browser would show as a page. A test takes none for a receiver's, even where the worker would.
fn is_web_page(response: &Response) -> bool {
    let is_html = response.headers.get("content-type").is_some_and(|media| media.starts_with("text/html"));
    (200..300).contains(&response.status) && (response.is_page() || (is_html && !response.body.is_empty()))
}

fn web_page(response: &Response) -> Outcome {
    let advice = format!(
        "A web page answers at this address, and no receiver of traces (HTTP {}). A sign-in or a proxy may stand in front \
         of it: let requests pass to the receiver, or enter its own address.",
        response.status
    );
    Outcome::NeedsAttention { reason: Attention::UnexpectedAnswer, status: Some(response.status), advice }
}
