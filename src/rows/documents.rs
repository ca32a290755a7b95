//! A document for each trace, one behind the other in one buffer; whoever sends them cuts where each one ends.

use bytes::Bytes;

use super::body::Body;
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
    body: Body,
}

impl Documents {
    pub fn new(form: Form) -> Self {
        let resource = Resource::new("");
        let otlp = Json::new(&resource);
        Self { form, resource, otlp, body: Body::default() }
    }
}

impl Encode for Documents {
    fn begin(&mut self, resource: &Resource) {
        self.resource.clone_from(resource);
        self.rewind(Checkpoint::default());
    }

    fn push(&mut self, export: &Export<'_>) {
        match self.form {
            Form::Trace => self.body.bytes.extend_from_slice(&trace_document::encode(export)),
            Form::Otlp => {
                self.otlp.begin(&self.resource);
                self.otlp.push(export.trace);
                self.body.bytes.extend_from_slice(self.otlp.finish());
            }
        }
        self.body.count(export.trace.spans.len());
    }

    fn checkpoint(&self) -> Checkpoint {
        self.body.checkpoint()
    }

    fn rewind(&mut self, checkpoint: Checkpoint) {
        self.body.rewind(checkpoint);
    }

    fn encoded_len(&self) -> usize {
        self.body.bytes.len()
    }

    fn finish(&mut self) -> &[u8] {
        &self.body.bytes
    }

    fn take(&mut self) -> Bytes {
        self.body.take()
    }
}
