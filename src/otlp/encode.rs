//! Traces as OTLP's `ExportTraceServiceRequest`, written straight as protobuf.
//!
//! Every length is computed before its message is written, so that the bytes are the canonical ones: the same that
//! prost makes of `opentelemetry-proto` (a property test compares them). Some receivers answer before they parse (spec
//! 2.1, fact 2), so no answer would show a mistake: the bytes must be right by construction.

mod attribute;
mod resource;
mod span;
mod wire;

use bytes::Bytes;

pub use self::resource::Resource;
use self::wire::{length_delimited, put_tag_and_length};
use crate::trace::Trace;

/// Version of the way from recorded entries to bytes: of this module and of [`crate::trace`]. It counts up when the same entries become
/// other bytes, so that a receipt can say whether it shows what was sent.
pub const VERSION: u16 = 1;

/// Fields of `ExportTraceServiceRequest`, `ResourceSpans` and `ScopeSpans`.
const RESOURCE_SPANS: u32 = 1;
const SCOPE_SPANS: u32 = 2;
const SPANS: u32 = 2;

/// A batch of traces that share one resource, as it grows. Buffers are kept between batches.
#[derive(Debug)]
pub struct Encoder {
    resource: Resource,
    /// Room for the frame, then the spans.
    buffer: Vec<u8>,
    /// The attributes that a trace's spans share, written once and copied for each.
    common: Vec<u8>,
    /// How much room there is in front of the spans.
    room: usize,
    traces: usize,
}

/// A length to which a batch can be taken back.
#[derive(Debug, Clone, Copy)]
pub struct Checkpoint {
    bytes: usize,
    traces: usize,
}

impl Encoder {
    pub fn new(resource: Resource) -> Self {
        // Three messages around the spans: one byte of tag each, and a length that takes ten bytes at most.
        let room = resource.encoded().len() + resource.encoded_scope().len() + 3 * 11;
        Self { resource, buffer: vec![0; room], common: Vec::new(), room, traces: 0 }
    }

    pub fn push(&mut self, trace: &Trace<'_>) {
        self.common.clear();
        span::put_attributes(&trace.common, &mut self.common);
        for span in &trace.spans {
            let length = span::length(span, self.common.len());
            put_tag_and_length(SPANS, length, &mut self.buffer);
            span::put(trace.trace_id, span, &self.common, &mut self.buffer);
        }
        self.traces += 1;
    }

    pub fn traces(&self) -> usize {
        self.traces
    }

    /// Bytes of the whole request, as [`Self::finish`] will give them.
    pub fn encoded_len(&self) -> usize {
        let scope_spans = self.scope_spans_length();
        let resource_spans = self.resource_spans_length(scope_spans);
        length_delimited(resource_spans)
    }

    /// Where the batch stands now.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { bytes: self.buffer.len(), traces: self.traces }
    }

    /// Takes back what was added since `checkpoint`, which must be of this batch.
    pub fn rewind(&mut self, checkpoint: Checkpoint) {
        self.buffer.truncate(checkpoint.bytes);
        self.traces = checkpoint.traces;
    }

    /// The request's body. The frame, whose lengths are known only now, is written into the room before the spans.
    pub fn finish(&mut self) -> &[u8] {
        let start = self.put_frame();
        &self.buffer[start..]
    }

    /// The request's body, given away instead of lent. The next batch begins with room for one as large.
    pub fn take(&mut self) -> Bytes {
        let start = self.put_frame();
        let mut next = Vec::with_capacity(self.buffer.len());
        next.resize(self.room, 0);
        self.traces = 0;
        Bytes::from(std::mem::replace(&mut self.buffer, next)).slice(start..)
    }

    /// Writes the frame, and says where it begins.
    fn put_frame(&mut self) -> usize {
        let scope_spans = self.scope_spans_length();
        let resource_spans = self.resource_spans_length(scope_spans);
        let mut frame = Vec::with_capacity(self.room);
        put_tag_and_length(RESOURCE_SPANS, resource_spans, &mut frame);
        frame.extend_from_slice(self.resource.encoded());
        put_tag_and_length(SCOPE_SPANS, scope_spans, &mut frame);
        frame.extend_from_slice(self.resource.encoded_scope());
        let start = self.room - frame.len();
        self.buffer[start..self.room].copy_from_slice(&frame);
        start
    }

    /// Begins the next batch.
    pub fn clear(&mut self) {
        self.buffer.truncate(self.room);
        self.traces = 0;
    }

    fn scope_spans_length(&self) -> usize {
        self.resource.encoded_scope().len() + self.buffer.len() - self.room
    }

    fn resource_spans_length(&self, scope_spans: usize) -> usize {
        self.resource.encoded().len() + length_delimited(scope_spans)
    }
}

#[cfg(test)]
mod tests;
