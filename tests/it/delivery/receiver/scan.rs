//! Reads from an export what the tests judge by, and skips the rest: prost without optimisation takes a hundred times as
//! long.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

/// One completed request, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// `tracecast.request.id`
    pub(crate) request: String,
    /// Trace id.
    pub(crate) trace: Vec<u8>,
    /// Digest of its spans' ids and times, in order: what must be the same on every repeat.
    pub(crate) spans: u64,
    /// Whether prompt or completion came along.
    pub(crate) has_content: bool,
    /// `deployment.environment.name` or `sentry.environment`
    pub(crate) environment: String,
}

/// One span, as far as it matters.
#[derive(Debug, Default)]
struct Span<'a> {
    trace: &'a [u8],
    id: &'a [u8],
    times: [u64; 2],
    request: &'a [u8],
    environment: &'a [u8],
    has_content: bool,
}

/// The events of an `ExportTraceServiceRequest`, in order. None: it cannot be read.
pub(super) fn events(body: &[u8]) -> Option<Vec<Event>> {
    let mut events: Vec<Event> = Vec::new();
    for_each(body, 1, |resource_spans| {
        for_each(resource_spans, 2, |scope_spans| {
            for_each(scope_spans, 2, |bytes| {
                take(&mut events, &span(bytes)?);
                Some(())
            })
        })
    })?;
    Some(events)
}

fn take(events: &mut Vec<Event>, span: &Span<'_>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let same = |event: &&mut Event| {
        event.trace == span.trace && (span.request.is_empty() || event.request.as_bytes() == span.request)
    };
    let Some(event) = events.last_mut().filter(same) else {
        events.push(Event {
            request: text(span.request),
            trace: span.trace.to_vec(),
            spans: digest(0, span),
            has_content: span.has_content,
            environment: text(span.environment),
        });
        return;
    };
    event.spans = digest(event.spans, span);
    event.has_content |= span.has_content;
}

fn digest(before: u64, span: &Span<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (before, span.id, span.times).hash(&mut hasher);
    hasher.finish()
}

fn span(bytes: &[u8]) -> Option<Span<'_>> {
    let mut span = Span::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (number, value) = field(&mut rest)?;
        match (number, value) {
            (1, Value::Bytes(id)) => span.trace = id,
            (2, Value::Bytes(id)) => span.id = id,
            (7, Value::Number(time)) => span.times[0] = time,
            (8, Value::Number(time)) => span.times[1] = time,
            (9, Value::Bytes(attribute)) => read_attribute(attribute, &mut span)?,
            _ => {}
        }
    }
    Some(span)
}

fn read_attribute<'a>(bytes: &'a [u8], span: &mut Span<'a>) -> Option<()> {
    let mut key: &[u8] = &[];
    let mut rest = bytes;
    while !rest.is_empty() {
        match field(&mut rest)? {
            (1, Value::Bytes(bytes)) => key = bytes,
            (2, Value::Bytes(value)) => match key {
                b"tracecast.request.id" => span.request = string(value)?,
                b"sentry.environment" | b"deployment.environment.name" => span.environment = string(value)?,
                b"gen_ai.input.messages" | b"gen_ai.output.messages" => span.has_content = true,
                _ => {}
            },
            _ => {}
        }
    }
    Some(())
}

/// `AnyValue.string_value`
fn string(mut any: &[u8]) -> Option<&[u8]> {
    match field(&mut any)? {
        (1, Value::Bytes(text)) => Some(text),
        _ => None,
    }
}

/// A field's value in protobuf's wire format.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = varint(rest)?;
    let value = match tag & 7 {
        0 => Value::Number(varint(rest)?),
        1 => Value::Number(u64::from_le_bytes(cut(rest, 8)?.try_into().ok()?)),
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            Value::Bytes(cut(rest, length)?)
        }
        5 => Value::Number(u64::from(u32::from_le_bytes(cut(rest, 4)?.try_into().ok()?))),
        _ => return None,
    };
    Some((tag >> 3, value))
}

fn cut<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (first, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(first)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Calls `each` with every field of this number that is a message.
fn for_each<'a>(bytes: &'a [u8], wanted: u64, mut each: impl FnMut(&'a [u8]) -> Option<()>) -> Option<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        if let (number, Value::Bytes(message)) = field(&mut rest)?
            && number == wanted
        {
            each(message)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::export;

    #[test]
    fn what_a_foreign_exporter_wrote_is_read() {
        let mut spans = vec![export::span(1, "root"), export::span(2, "generation"), export::span(3, "other")];
        for (span, request) in spans.iter_mut().zip(["gen-1", "gen-1", "gen-2"]) {
            span.attributes.push(export::text("http.route", "/x"));
            span.attributes.push(export::text("tracecast.request.id", request));
        }
        spans[1].attributes.push(export::text("gen_ai.input.messages", "[]"));
        spans[2].attributes.push(export::text("sentry.environment", "production"));
        let read = events(&export::protobuf(spans.clone())).unwrap();
        let told: Vec<_> = read.iter().map(|event| (&*event.request, event.has_content, &*event.environment)).collect();
        assert_eq!(told, [("gen-1", true, ""), ("gen-2", false, "production")]);
        assert_eq!(hex::encode(&read[0].trace), export::TRACE_ID);

        spans[1].span_id = vec![9; 8];
        let again = events(&export::protobuf(spans)).unwrap();
        assert_ne!(again[0].spans, read[0].spans, "another span id is noticed");
        assert_eq!(again[1], read[1]);
        assert_eq!(events(b"\x0a\x05no"), None, "a body that is cut off is not read");
    }
}
