//! A document for each trace, one behind the other in one buffer; whoever sends them cuts where each one ends.

use bytes::Bytes;

use super::trace_document;
use crate::otlp::{Checkpoint, Encode, Json, Resource};
use crate::trace::Export;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// [`trace_document`]
    Trace,
    /// OTLP as JSON.
    Otlp,
}

/// Documents as they grow.
#[derive(Debug)]
pub struct Documents {
    form: Form,
    resource: Resource,
    /// For documents in OTLP.
    otlp: Json,
    buffer: Vec<u8>,
    traces: usize,
    spans: usize,
}

impl Documents {
    pub fn new(form: Form) -> Self {
        let resource = Resource::new("");
        let otlp = Json::new(&resource);
        Self { form, resource, otlp, buffer: Vec::new(), traces: 0, spans: 0 }
    }
}

impl Encode for Documents {
    fn begin(&mut self, resource: &Resource) {
        self.resource.clone_from(resource);
        self.rewind(Checkpoint::default());
    }

    fn push(&mut self, export: &Export<'_>) {
        match self.form {
            Form::Trace => self.buffer.extend_from_slice(&trace_document::encode(export)),
            Form::Otlp => {
                self.otlp.begin(&self.resource);
                self.otlp.push(export.trace);
                self.buffer.extend_from_slice(self.otlp.finish());
            }
        }
        self.traces += 1;
        self.spans += export.trace.spans.len();
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { traces: self.traces, spans: self.spans, bytes: self.buffer.len() }
    }

    fn rewind(&mut self, checkpoint: Checkpoint) {
        self.buffer.truncate(checkpoint.bytes);
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
        (self.traces, self.spans) = (0, 0);
        std::mem::replace(&mut self.buffer, next).into()
    }
}
