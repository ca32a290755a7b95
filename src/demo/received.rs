//! What arrived, kept in memory within limits: the requests, and the spans by trace.

mod loss;
mod request;
mod span;
mod trace;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use loss::Loss;
pub use request::ReceivedRequest;
pub use span::{ReceivedSpan, Status};
pub use trace::{ReceivedTrace, Summary};

use crate::clock::UnixNanos;

use super::Limits;

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
    requests_ever: u64,
    spans_ever: u64,
    losses: BTreeMap<Loss, u64>,
}

/// Numbers since the start or the last clearing, whether or not what they count is still kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Requests.
    pub requests: u64,
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
        Totals { requests: memory.requests_ever, spans: memory.spans_ever, losses: memory.losses.clone() }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.memory() = Memory::default();
    }

    /// Keeps a request and the spans that came with it, in this order of trace ids.
    pub(super) fn keep(&self, mut request: ReceivedRequest, spans: Vec<(String, ReceivedSpan, usize)>) {
        let mut memory = self.memory();
        memory.requests_ever += 1;
        request.number = memory.requests_ever;
        for (loss, count) in &request.losses {
            *memory.losses.entry(*loss).or_default() += u64::from(*count);
        }
        let (number, at) = (request.number, request.at);
        memory.requests.push_back(request);
        if memory.requests.len() > self.limits.requests {
            memory.requests.pop_front();
        }
        for (trace_id, mut span, bytes) in spans {
            span.request = number;
            memory.spans_ever += 1;
            memory.keep_span(&trace_id, span, bytes, at);
        }
        memory.shrink_to(self.limits);
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
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
