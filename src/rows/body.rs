//! The bytes of a body that begins and ends with its parts, and how many traces and spans they are.

use bytes::Bytes;

use crate::otlp::Checkpoint;

#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    traces: usize,
    spans: usize,
}

impl Body {
    /// Counts a trace whose bytes are there.
    pub(super) fn count(&mut self, spans: usize) {
        self.traces += 1;
        self.spans += spans;
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint { traces: self.traces, spans: self.spans, bytes: self.bytes.len() }
    }

    pub(super) fn rewind(&mut self, checkpoint: Checkpoint) {
        self.bytes.truncate(checkpoint.bytes);
        (self.traces, self.spans) = (checkpoint.traces, checkpoint.spans);
    }

    /// The whole. The next body begins with room for as much.
    pub(super) fn take(&mut self) -> Bytes {
        let next = Self { bytes: Vec::with_capacity(self.bytes.len()), ..Self::default() };
        std::mem::replace(self, next).bytes.into()
    }
}
