//! What was found so far, and the verdict that is made of it.

use std::time::Duration;

use super::advice::{advice, passes};
use super::verdict::{SentSpan, State, Step, Verdict};
use crate::clock::Clock;
use crate::delivery::Outcome;
use crate::destination::{Connection, Kind, TestStep};
use crate::egress;
use crate::otlp::Compression;
use crate::otlp::answer::Response;

/// A step by its name, with its words.
pub(super) struct Planned {
    name: &'static str,
    label: String,
}

impl Planned {
    pub(super) fn new(name: &'static str, label: impl Into<String>) -> Self {
        Self { name, label: label.into() }
    }

    /// The steps that are the same for every kind.
    pub(super) fn to_reach() -> [Self; 4] {
        [
            Self::new("fields", "Check the fields"),
            Self::new("dns", "Look up the host"),
            Self::new("connect", "Connect"),
            Self::new("tls", "Secure the connection"),
        ]
    }

    /// What a kind's step is called. An empty request that is sent several times is two steps.
    pub(super) fn of(step: &TestStep) -> Vec<Self> {
        match step {
            TestStep::Empty { times: 1 } => vec![Self::new("send", "Send an empty request")],
            TestStep::Empty { .. } => {
                vec![Self::new("send", "Send an empty request"), Self::new("send_again", "Send again")]
            }
            TestStep::Check(check) => {
                let host = check.url.host_str().unwrap_or_default();
                vec![Self::new("check", format!("Check the settings with {host}"))]
            }
            TestStep::Trace => vec![Self::trace()],
        }
    }

    pub(super) fn trace() -> Self {
        Self::new("trace", "Send a test trace")
    }
}

/// The trace that was accepted.
pub(super) struct Sent {
    pub(super) trace_id: String,
    pub(super) spans: Vec<SentSpan>,
}

pub(super) struct Record<'a> {
    kind: &'a Kind,
    connection: &'a Connection,
    planned: Vec<Planned>,
    steps: Vec<Step>,
    /// What a person should know: the failure, or the last warning.
    last: Option<Outcome>,
    /// The last answer; None where the last request got none.
    response: Option<Response>,
    server: Option<String>,
    /// The longest that the receiver took for an answer, where that is too long.
    slowest: Option<Duration>,
    /// Where traces go, in the receiver's names.
    pub(super) found: Option<String>,
    pub(super) sent: Option<Sent>,
}

impl<'a> Record<'a> {
    pub(super) fn new(kind: &'a Kind, connection: &'a Connection, planned: Vec<Planned>) -> Self {
        Self {
            kind,
            connection,
            planned,
            steps: Vec::new(),
            last: None,
            response: None,
            server: None,
            slowest: None,
            found: None,
            sent: None,
        }
    }

    /// Notes what came back.
    pub(super) fn answer(&mut self, response: Option<Response>) {
        let server = response.as_ref().and_then(|response| response.headers.get("server"));
        let server = server.map(|server| shown(&self.connection.redact(server)));
        self.server = server.or(self.server.take());
        self.response = response;
    }

    /// The receiver took too long for an answer.
    pub(super) fn slow(&mut self, took: Duration) {
        self.slowest = self.slowest.max(Some(took));
    }

    /// The time for the whole test is over. What began last got no answer.
    pub(super) fn give_up(&mut self) -> bool {
        self.answer(None);
        self.fail(Duration::ZERO, egress::Error::Timeout.outcome())
    }

    /// Notes an outcome. False: the test ends here.
    pub(super) fn accept(&mut self, took: Duration, outcome: Outcome) -> bool {
        if !passes(&outcome) {
            return self.fail(took, outcome);
        }
        let answered = |response: &Response| format!("The receiver answered {}.", response.status);
        let detail = self.response.as_ref().map(answered).unwrap_or_default();
        let state = if outcome.is_quota() { State::Warning } else { State::Passed };
        self.step(took, state, detail);
        if state == State::Warning {
            self.last = Some(outcome);
        }
        true
    }

    pub(super) fn fail(&mut self, took: Duration, outcome: Outcome) -> bool {
        // The advice stands above the steps; the step shows the answer from which the advice follows.
        let detail = match &self.response {
            Some(response) => match self.connection.words(response) {
                Some(words) => format!("The receiver answered {}: {words}.", response.status),
                None => format!("The receiver answered {}.", response.status),
            },
            None => outcome.sentence().unwrap_or_default().to_owned(),
        };
        self.step(took, State::Failed, detail);
        self.last = Some(outcome);
        false
    }

    pub(super) fn step(&mut self, took: Duration, state: State, detail: String) {
        let Some(planned) = self.planned.get(self.steps.len()) else { return };
        let milliseconds = (state != State::Skipped).then(|| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let (name, label) = (planned.name.to_owned(), planned.label.clone());
        self.steps.push(Step { name, label, state, detail, milliseconds });
    }

    pub(super) fn verdict(mut self, passed: bool, clock: &Clock) -> Verdict {
        while self.steps.len() < self.planned.len() {
            self.step(Duration::ZERO, State::Skipped, String::new());
        }
        let (advice, field) = if passed { (self.warning(), None) } else { self.advice() };
        let not_yet_seconds = self.last.as_ref().filter(|_| passed).and_then(seconds_to_wait);
        let sent = self.sent.take().filter(|_| passed);
        let arrival = sent.as_ref().and_then(|sent| self.arrival(&sent.trace_id));
        let (trace_id, spans) = sent.map(|sent| (Some(sent.trace_id), sent.spans)).unwrap_or_default();
        let headers = self.connection.wire().headers(self.connection.wire().compression(Compression::Gzip));
        Verdict {
            passed,
            warning: passed && (self.last.is_some() || self.slowest.is_some()),
            advice,
            field,
            found: self.found,
            arrival,
            not_yet_seconds,
            headers: headers.iter().map(|header| (header.name.to_string(), header.shown().to_owned())).collect(),
            steps: self.steps,
            status: self.response.map(|response| response.status),
            trace_id,
            server: self.server,
            spans,
            tested_at: clock.now(),
        }
    }

    fn warning(&self) -> Option<String> {
        let slow = || {
            let seconds = self.slowest?.as_secs_f64();
            Some(format!("The receiver is slow: it took {seconds:.1} s for an answer. Traces may arrive late."))
        };
        self.last.as_ref().and_then(|outcome| advice(self.kind, outcome)).or_else(slow)
    }

    /// What to do about the failure, and in which field. A value that was meant for another field is named first, once a
    /// receiver has refused it.
    fn advice(&self) -> (Option<String>, Option<String>) {
        let Some(outcome) = &self.last else { return (None, None) };
        let general = advice(self.kind, outcome).unwrap_or_default();
        let mix_ups = if self.response.is_some() { self.connection.mix_ups() } else { &[] };
        let field = self.connection.field_to_mend(outcome, self.response.as_ref());
        let field = mix_ups.first().map(|mix_up| mix_up.field).or(field);
        let sentences = mix_ups.iter().map(|mix_up| mix_up.sentence.as_str()).chain([general.as_str()]);
        (Some(sentences.collect::<Vec<_>>().join(" ")), field.map(str::to_owned))
    }

    /// Where to look, and what the test could not prove.
    fn arrival(&self, trace_id: &str) -> Option<String> {
        let arrival = self.connection.wire().arrival()?;
        let look = format!("look for trace {trace_id} {}.", arrival.shown);
        Some(match arrival.checked_by {
            Some(product) => format!("Accepted. {product} checks content later: {look}"),
            None => format!("Accepted: {look}"),
        })
    }
}

/// How long a receiver that takes nothing at the moment wants to be left alone.
fn seconds_to_wait(outcome: &Outcome) -> Option<u64> {
    let Outcome::Wait { not_before, .. } = outcome else { return None };
    Some(not_before.map_or(0, |pause| pause.as_secs()))
}

/// A receiver's word, fit to be shown (spec 5.1).
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
