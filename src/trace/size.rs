//! Sizes that receivers take (spec 2.4), and an upper estimate of what our attributes need.

use super::span::{Attribute, Phrase, Value};

/// The most bytes of one span with everything on it.
pub(super) const SPAN_BYTES: usize = 900 * 1024;

/// The most bytes of all spans of one completed request: 4 MiB per request to the receiver, less its frame.
pub(super) const TRACE_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;

/// Room for identifiers, times, name, status and the like of one span.
pub(super) const SPAN_FRAME: usize = 8 * 1024;

/// The most failed attempts that a trace shows.
const MOST_ATTEMPTS: usize = 16;

/// Tags and lengths around the key and the value of one attribute: at most 4 of each, lengths of at most 4 bytes.
const ATTRIBUTE_FRAME: usize = 20;

/// At least as many bytes as the attributes take when encoded.
pub(super) fn of(attributes: &[Attribute<'_>]) -> usize {
    attributes.iter().map(|attribute| attribute.key.len() + of_value(&attribute.value) + ATTRIBUTE_FRAME).sum()
}

/// How many failed attempts there is room for beside root, intermediate and generation span, where all spans share so
/// many bytes of attributes.
pub(super) fn most_attempts(shared: usize) -> usize {
    let room = TRACE_BYTES - 3 * SPAN_BYTES;
    MOST_ATTEMPTS.min(room / (shared + SPAN_FRAME))
}

/// At least as many bytes as the value takes.
pub(super) fn of_value(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) => Phrase::len(text),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => 10,
        Value::Texts(texts) => texts.iter().map(|text| text.len() + ATTRIBUTE_FRAME).sum(),
    }
}
