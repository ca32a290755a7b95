//! `Span` and `Status`.

use super::value::{put_attributes, put_long, put_number, put_phrase, put_text};
use crate::trace::{Exception, Span, Trace, TraceId};

/// Code of the status of an error.
const ERROR: u8 = 2;

/// The attributes that all spans of a trace share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    common: Vec<u8>,
    added: Vec<u8>,
}

impl Shared {
    /// Those of `trace`.
    pub(super) fn set(&mut self, trace: &Trace<'_>) {
        self.common.clear();
        put_attributes(&trace.common, &mut self.common);
        self.added.clear();
        put_attributes(&trace.added, &mut self.added);
    }
}

pub(super) fn put(trace: TraceId, span: &Span<'_>, shared: &Shared, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(br#"{"traceId":"#);
    put_text(&trace.to_string(), buffer);
    buffer.extend_from_slice(br#","spanId":"#);
    put_text(&span.id.to_string(), buffer);
    if let Some(parent) = span.parent {
        buffer.extend_from_slice(br#","parentSpanId":"#);
        put_text(&parent.to_string(), buffer);
    }
    buffer.extend_from_slice(br#","flags":"#);
    put_number(span.flags, buffer);
    buffer.extend_from_slice(br#","name":"#);
    put_phrase(&span.name, buffer);
    buffer.extend_from_slice(br#","kind":"#);
    put_number(span.kind as u32, buffer);
    buffer.extend_from_slice(br#","startTimeUnixNano":"#);
    put_long(span.start.0, buffer);
    buffer.extend_from_slice(br#","endTimeUnixNano":"#);
    put_long(span.end.0, buffer);
    buffer.extend_from_slice(br#","attributes":["#);
    put_all_attributes(span, shared, buffer);
    buffer.push(b']');
    if let Some(exception) = &span.exception {
        put_event(exception, span, buffer);
    }
    if let Some(message) = &span.error {
        buffer.extend_from_slice(br#","status":{"message":"#);
        put_text(message, buffer);
        buffer.extend_from_slice(br#","code":"#);
        put_number(ERROR, buffer);
        buffer.push(b'}');
    }
    buffer.push(b'}');
}

fn put_all_attributes(span: &Span<'_>, shared: &Shared, buffer: &mut Vec<u8>) {
    let begin = buffer.len();
    put_attributes(&span.attributes, buffer);
    put_behind(begin, |buffer| buffer.extend_from_slice(&shared.common), buffer);
    put_behind(begin, |buffer| put_attributes(&span.added, buffer), buffer);
    put_behind(begin, |buffer| buffer.extend_from_slice(&shared.added), buffer);
}

/// Puts a list behind the lists that were put since `begin`, with a comma between them where both hold something.
fn put_behind(begin: usize, list: impl FnOnce(&mut Vec<u8>), buffer: &mut Vec<u8>) {
    let before = buffer.len();
    if before > begin {
        buffer.push(b',');
    }
    let comma = buffer.len();
    list(buffer);
    if buffer.len() == comma {
        buffer.truncate(before);
    }
}

fn put_event(exception: &Exception<'_>, span: &Span<'_>, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(br#","events":[{"timeUnixNano":"#);
    put_long(span.end.0, buffer);
    buffer.extend_from_slice(br#","name":"#);
    put_text(Exception::NAME, buffer);
    buffer.extend_from_slice(br#","attributes":["#);
    put_attributes(&exception.attributes(), buffer);
    buffer.extend_from_slice(b"]}]");
}
