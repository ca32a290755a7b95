//! `Span` and `Status` of `opentelemetry.proto.trace.v1`, fields in the order of their numbers.

use super::attribute::{attributes_length, put_attributes, put_phrase};
use super::event;
use super::wire::{WireType, length_delimited, put_bytes, put_fixed64, put_tag, put_tag_and_length, put_varint};
use crate::trace::{Span, Trace, TraceId};

/// Fields of `Span`.
const TRACE_ID: u32 = 1;
const SPAN_ID: u32 = 2;
const PARENT_SPAN_ID: u32 = 4;
const NAME: u32 = 5;
const KIND: u32 = 6;
const START: u32 = 7;
const END: u32 = 8;
const ATTRIBUTES: u32 = 9;
const EVENTS: u32 = 11;
const STATUS: u32 = 15;
const FLAGS: u32 = 16;
/// Fields of `Status`, and its code for an error.
const MESSAGE: u32 = 2;
const CODE: u32 = 3;
const ERROR: u64 = 2;

/// Bytes of what every span has: two identifiers, kind, two times, flags (whose tag takes two bytes).
const FIXED: usize = (2 + 16) + (2 + 8) + 2 + 2 * 9 + (2 + 4);

/// The attributes that all spans of a trace share, as fields of a span.
#[derive(Debug, Default)]
pub(super) struct Shared {
    common: Vec<u8>,
    added: Vec<u8>,
}

impl Shared {
    /// Those of `trace`.
    pub(super) fn set(&mut self, trace: &Trace<'_>) {
        self.common.clear();
        put_attributes(ATTRIBUTES, &trace.common, &mut self.common);
        self.added.clear();
        put_attributes(ATTRIBUTES, &trace.added, &mut self.added);
    }
}

/// Bytes of the span's body.
pub(super) fn length(span: &Span<'_>, shared: &Shared) -> usize {
    FIXED
        + span.parent.map_or(0, |_| 2 + 8)
        + length_delimited(span.name.len())
        + attributes_length(&span.attributes)
        + shared.common.len()
        + attributes_length(&span.added)
        + shared.added.len()
        + span.exception.as_ref().map_or(0, |exception| length_delimited(event::length(exception)))
        + span.error.as_ref().map_or(0, |message| length_delimited(status_length(message)))
}

/// The span's body.
pub(super) fn put(trace: TraceId, span: &Span<'_>, shared: &Shared, buffer: &mut Vec<u8>) {
    put_bytes(TRACE_ID, &trace.to_bytes(), buffer);
    put_bytes(SPAN_ID, &span.id.to_bytes(), buffer);
    if let Some(parent) = span.parent {
        put_bytes(PARENT_SPAN_ID, &parent.to_bytes(), buffer);
    }
    put_phrase(NAME, &span.name, buffer);
    put_tag(KIND, WireType::Varint, buffer);
    put_varint(span.kind as u64, buffer);
    put_fixed64(START, span.start.0, buffer);
    put_fixed64(END, span.end.0, buffer);
    put_attributes(ATTRIBUTES, &span.attributes, buffer);
    buffer.extend_from_slice(&shared.common);
    put_attributes(ATTRIBUTES, &span.added, buffer);
    buffer.extend_from_slice(&shared.added);
    if let Some(exception) = &span.exception {
        put_tag_and_length(EVENTS, event::length(exception), buffer);
        event::put(exception, span.end, buffer);
    }
    if let Some(message) = &span.error {
        put_status(message, buffer);
    }
    put_tag(FLAGS, WireType::Fixed32, buffer);
    buffer.extend_from_slice(&span.flags.to_le_bytes());
}

fn put_status(message: &str, buffer: &mut Vec<u8>) {
    put_tag_and_length(STATUS, status_length(message), buffer);
    if !message.is_empty() {
        put_bytes(MESSAGE, message.as_bytes(), buffer);
    }
    put_tag(CODE, WireType::Varint, buffer);
    put_varint(ERROR, buffer);
}

fn status_length(message: &str) -> usize {
    let text = if message.is_empty() { 0 } else { length_delimited(message.len()) };
    text + 2
}
