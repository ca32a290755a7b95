//! `ExportTraceServiceRequest`, written straight as protobuf.
//!
//! Every length is computed before its message is written, so that the bytes are the canonical ones: the same that
//! prost makes of `opentelemetry-proto` (a property test compares them). Some receivers answer before they parse (spec
//! 2.1, fact 2), so no answer would show a mistake: the bytes must be right by construction.

mod attribute;
mod event;
mod frame;
mod span;
mod wire;

use bytes::Bytes;

use self::frame::Frame;
use self::span::Shared;
use self::wire::put_tag_and_length;
use super::{Checkpoint, Encode, Resource};
use crate::trace::Trace;

/// Field of `ScopeSpans`.
const SPANS: u32 = 2;

/// Protobuf as it grows: room for the frame, then the spans.
#[derive(Debug)]
pub struct Protobuf {
    frame: Frame,
    buffer: Vec<u8>,
    /// The attributes that a trace's spans share, written once and copied for each.
    shared: Shared,
    traces: usize,
    spans: usize,
}

impl Protobuf {
    /// Begun with `resource`.
    pub fn new(resource: &Resource) -> Self {
        let (frame, shared) = (Frame::of(resource), Shared::default());
        let mut new = Self { frame, buffer: Vec::new(), shared, traces: 0, spans: 0 };
        new.empty();
        new
    }

    /// Writes the frame into the room, and says where it begins.
    fn put_frame(&mut self) -> usize {
        let room = self.frame.room();
        let frame = self.frame.around(self.buffer.len() - room);
        let start = room - frame.len();
        self.buffer[start..room].copy_from_slice(&frame);
        start
    }

    fn empty(&mut self) {
        (self.traces, self.spans) = (0, 0);
        self.buffer.clear();
        self.buffer.resize(self.frame.room(), 0);
    }
}

impl Encode for Protobuf {
    fn begin(&mut self, resource: &Resource) {
        self.frame = Frame::of(resource);
        self.empty();
    }

    fn push(&mut self, trace: &Trace<'_>) {
        self.shared.set(trace);
        for span in &trace.spans {
            let length = span::length(span, &self.shared);
            put_tag_and_length(SPANS, length, &mut self.buffer);
            span::put(trace.trace_id, span, &self.shared, &mut self.buffer);
        }
        self.traces += 1;
        self.spans += trace.spans.len();
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { traces: self.traces, spans: self.spans, bytes: self.buffer.len() }
    }

    fn rewind(&mut self, checkpoint: Checkpoint) {
        self.buffer.truncate(checkpoint.bytes);
        (self.traces, self.spans) = (checkpoint.traces, checkpoint.spans);
    }

    fn encoded_len(&self) -> usize {
        self.frame.length_around(self.buffer.len() - self.frame.room())
    }

    /// The frame, whose lengths are known only now, is written into the room before the spans.
    fn finish(&mut self) -> &[u8] {
        let start = self.put_frame();
        &self.buffer[start..]
    }

    fn take(&mut self) -> Bytes {
        let start = self.put_frame();
        let next = Vec::with_capacity(self.buffer.len());
        let body = std::mem::replace(&mut self.buffer, next);
        self.empty();
        Bytes::from(body).slice(start..)
    }
}
