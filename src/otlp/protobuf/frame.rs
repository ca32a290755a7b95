//! The messages around the spans: request, resource spans, scope spans.

use super::attribute::put_attributes;
use super::wire::{length_delimited, put_bytes, put_tag_and_length};
use crate::otlp::Resource;
use crate::otlp::resource::{NAME, VERSION};

/// Fields of `ExportTraceServiceRequest`, `ResourceSpans` and `ScopeSpans`.
const RESOURCE_SPANS: u32 = 1;
const SCOPE_SPANS: u32 = 2;
/// Fields of `ResourceSpans`, `Resource`, `ScopeSpans` and `InstrumentationScope`.
const RESOURCE: u32 = 1;
const ATTRIBUTES: u32 = 1;
const SCOPE: u32 = 1;
const SCOPE_NAME: u32 = 1;
const SCOPE_VERSION: u32 = 2;

/// The resource and the scope, encoded.
#[derive(Debug)]
pub(super) struct Frame {
    resource: Vec<u8>,
    scope: Vec<u8>,
}

impl Frame {
    pub(super) fn of(resource: &Resource) -> Self {
        let mut attributes = Vec::new();
        put_attributes(ATTRIBUTES, resource.attributes(), &mut attributes);
        let mut scope = Vec::new();
        put_bytes(SCOPE_NAME, NAME.as_bytes(), &mut scope);
        put_bytes(SCOPE_VERSION, VERSION.as_bytes(), &mut scope);
        Self { resource: message(RESOURCE, &attributes), scope: message(SCOPE, &scope) }
    }

    /// The most bytes that the frame takes in front of the spans.
    pub(super) fn room(&self) -> usize {
        // Three messages around the spans: one byte of tag each, and a length that takes ten bytes at most.
        self.resource.len() + self.scope.len() + 3 * 11
    }

    /// What stands in front of so many bytes of spans.
    pub(super) fn around(&self, spans: usize) -> Vec<u8> {
        let scope_spans = self.scope_spans(spans);
        let mut frame = Vec::with_capacity(self.room());
        put_tag_and_length(RESOURCE_SPANS, self.resource_spans(scope_spans), &mut frame);
        frame.extend_from_slice(&self.resource);
        put_tag_and_length(SCOPE_SPANS, scope_spans, &mut frame);
        frame.extend_from_slice(&self.scope);
        frame
    }

    /// Bytes of the whole request with so many bytes of spans.
    pub(super) fn length_around(&self, spans: usize) -> usize {
        length_delimited(self.resource_spans(self.scope_spans(spans)))
    }

    fn scope_spans(&self, spans: usize) -> usize {
        self.scope.len() + spans
    }

    fn resource_spans(&self, scope_spans: usize) -> usize {
        self.resource.len() + length_delimited(scope_spans)
    }
}

fn message(field: u32, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    put_bytes(field, body, &mut message);
    message
}
