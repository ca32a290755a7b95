//! What arrived, kept in memory within limits: the requests, and the spans by trace.

mod loss;
mod parking;
mod request;
mod span;
mod trace;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use loss::Loss;
pub use request::ReceivedRequest;
pub use span::{ReceivedSpan, Status};
pub use trace::{ReceivedTrace, Summary};

use crate::time::UnixNanos;

use super::Limits;
use super::decode::Decoded;
use super::project::Project;
use super::relay::Key;
use parking::{Parked, Parking};

/// Everything that arrived and is still kept.
#[derive(Debug)]
pub struct Received {
    limits: Limits,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Oldest first.
    requests: VecDeque<ReceivedRequest>,
    /// Oldest first.
    traces: VecDeque<ReceivedTrace>,
    bytes: usize,
    parking: Parking,
    requests_ever: u64,
    spans_ever: u64,
    losses: BTreeMap<Loss, u64>,
}

/// Which request it was, and when it came.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    number: u64,
    at: UnixNanos,
}

/// Numbers since the start or the last clearing, whether or not what they count is still kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Requests.
    pub requests: u64,
    /// Requests that were accepted and are neither stored nor lost yet.
    pub parked: usize,
    /// Spans that Sentry would show.
    pub spans: u64,
    /// What it would lose without saying so, by reason.
    pub losses: BTreeMap<Loss, u64>,
}

impl Received {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, memory: Mutex::default() }
    }

    /// Requests, newest first.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.memory().requests.iter().rev().cloned().collect()
    }

    /// Traces, the one that something arrived for last first.
    pub fn traces(&self) -> Vec<ReceivedTrace> {
        let mut traces: Vec<_> = self.memory().traces.iter().cloned().collect();
        traces.sort_by_key(|trace| std::cmp::Reverse(trace.last_request));
        traces
    }

    /// The trace with this id (32 hex digits, lower case).
    pub fn trace(&self, trace_id: &str) -> Option<ReceivedTrace> {
        self.memory().traces.iter().find(|trace| trace.trace_id == trace_id).cloned()
    }

    /// Numbers since the start or the last clearing.
    pub fn totals(&self) -> Totals {
        let memory = self.memory();
        Totals {
            requests: memory.requests_ever,
            parked: memory.parking.count(),
            spans: memory.spans_ever,
            losses: memory.losses.clone(),
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.memory() = Memory::default();
    }

    /// Keeps a request and what Sentry stores of it.
    pub(super) fn keep(&self, request: ReceivedRequest, carried: Decoded) {
        let mut memory = self.memory();
        let arrival = memory.note(request, self.limits);
        memory.complete(arrival, carried, self.limits);
    }

    /// Keeps a request whose key is not known yet, with what it carries.
    pub(super) fn park(&self, request: ReceivedRequest, key: Key, carried: Decoded) {
        let mut memory = self.memory();
        let arrival = memory.note(ReceivedRequest { parked: true, ..request }, self.limits);
        if let Err(parked) = memory.parking.hold(Parked { key, arrival, carried }, self.limits) {
            memory.complete(arrival, parked.carried.lost(Loss::NoRoom), self.limits);
        }
    }

    /// What waits for this key is stored, if it turned out to be good, and lost otherwise.
    pub(super) fn settle(&self, key: &Key, project: Project) {
        let mut memory = self.memory();
        for Parked { arrival, carried, .. } in memory.parking.release(key) {
            let carried = match project.loss() {
                None => carried,
                Some(loss) => carried.lost(loss),
            };
            memory.complete(arrival, carried, self.limits);
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// Gives a request its number.
    fn note(&mut self, request: ReceivedRequest, limits: Limits) -> Arrival {
        self.requests_ever += 1;
        let arrival = Arrival { number: self.requests_ever, at: request.at };
        self.requests.push_back(ReceivedRequest { number: arrival.number, ..request });
        if self.requests.len() > limits.requests {
            self.requests.pop_front();
        }
        arrival
    }

    /// Now it is known what became of a request.
    fn complete(&mut self, arrival: Arrival, carried: Decoded, limits: Limits) {
        let Arrival { number, at } = arrival;
        for (loss, count) in &carried.losses {
            *self.losses.entry(*loss).or_default() += u64::from(*count);
        }
        if let Some(request) = self.requests.iter_mut().rfind(|request| request.number == number) {
            let trace_ids: BTreeSet<_> = carried.spans.iter().map(|(trace_id, ..)| trace_id.clone()).collect();
            request.parked = false;
            request.spans = carried.spans.len();
            request.trace_ids = trace_ids.into_iter().collect();
            request.losses = carried.losses;
        }
        for (trace_id, mut span, bytes) in carried.spans {
            span.request = number;
            self.spans_ever += 1;
            self.keep_span(&trace_id, span, bytes, at);
        }
        self.shrink_to(limits);
    }

    fn keep_span(&mut self, trace_id: &str, span: ReceivedSpan, bytes: usize, at: UnixNanos) {
        let at_index = self.traces.iter().rposition(|trace| trace.trace_id == trace_id);
        let index = at_index.unwrap_or_else(|| {
            self.traces.push_back(ReceivedTrace::new(trace_id.to_owned(), at));
            self.traces.len() - 1
        });
        if let Some(trace) = self.traces.get_mut(index)
            && trace.add(span, bytes)
        {
            self.bytes += bytes;
        }
    }

    /// Lets the oldest traces go until the rest fits.
    fn shrink_to(&mut self, limits: Limits) {
        while self.traces.len() > limits.traces || self.bytes > limits.bytes {
            let Some(oldest) = self.traces.pop_front() else { return };
            self.bytes -= oldest.bytes;
        }
    }
}
