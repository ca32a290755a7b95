//! `ExportTraceServiceRequest` as JSON (OTLP 1.x): identifiers in hexadecimal digits, integers of 64 bits as texts, enums
//! as numbers.

mod span;
mod value;

use bytes::Bytes;

use self::span::Shared;
use super::resource::{NAME, VERSION};
use super::{Checkpoint, Encode, Resource};
use crate::trace::Trace;

/// What stands behind the spans.
const END: &[u8] = b"]}]}]}";

/// JSON as it grows. It is whole after each trace.
#[derive(Debug)]
pub struct Json {
    /// What stands in front of the spans.
    beginning: Vec<u8>,
    buffer: Vec<u8>,
    /// The attributes that a trace's spans share, written once and copied for each.
    shared: Shared,
    traces: usize,
    spans: usize,
}

impl Json {
    /// A body that carries nothing.
    pub const EMPTY: &'static [u8] = br#"{"resourceSpans":[]}"#;

    /// Begun with `resource`.
    pub fn new(resource: &Resource) -> Self {
        let (beginning, buffer, shared) = (Vec::new(), Vec::new(), Shared::default());
        let mut new = Self { beginning, buffer, shared, traces: 0, spans: 0 };
        new.begin(resource);
        new
    }

    fn empty(&mut self) {
        (self.traces, self.spans) = (0, 0);
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.beginning);
        self.buffer.extend_from_slice(END);
    }
}

impl Encode for Json {
    fn begin(&mut self, resource: &Resource) {
        self.beginning.clear();
        self.beginning.extend_from_slice(br#"{"resourceSpans":[{"resource":{"attributes":["#);
        value::put_attributes(resource.attributes(), &mut self.beginning);
        self.beginning.extend_from_slice(br#"]},"scopeSpans":[{"scope":{"name":"#);
        value::put_text(NAME, &mut self.beginning);
        self.beginning.extend_from_slice(br#","version":"#);
        value::put_text(VERSION, &mut self.beginning);
        self.beginning.extend_from_slice(br#"},"spans":["#);
        self.empty();
    }

    fn push(&mut self, trace: &Trace<'_>) {
        self.shared.set(trace);
        self.buffer.truncate(self.buffer.len() - END.len());
        for span in &trace.spans {
            if self.spans > 0 {
                self.buffer.push(b',');
            }
            span::put(trace.trace_id, span, &self.shared, &mut self.buffer);
            self.spans += 1;
        }
        self.buffer.extend_from_slice(END);
        self.traces += 1;
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { traces: self.traces, spans: self.spans, bytes: self.buffer.len() }
    }

    fn rewind(&mut self, checkpoint: Checkpoint) {
        self.buffer.truncate(checkpoint.bytes - END.len());
        self.buffer.extend_from_slice(END);
        (self.traces, self.spans) = (checkpoint.traces, checkpoint.spans);
    }

    fn encoded_len(&self) -> usize {
        self.buffer.len()
    }

    fn finish(&mut self) -> &[u8] {
        &self.buffer
    }

    fn take(&mut self) -> Bytes {
        let next = Vec::with_capacity(self.buffer.len());
        let body = std::mem::replace(&mut self.buffer, next);
        self.empty();
        body.into()
    }
}
