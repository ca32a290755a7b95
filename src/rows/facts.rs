//! What rows and documents read from a trace, in the form in which JSON has it.

use chrono::{DateTime, SecondsFormat};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::clock::UnixNanos;
use crate::completed_request::{CompletedRequest, MetadataValue, TraceContext};
use crate::trace::{Attribute, Phrase, Span, SpanId, Trace, Value};

pub(super) const INPUT: &str = "gen_ai.input.messages";
pub(super) const OUTPUT: &str = "gen_ai.output.messages";

/// The key of a trace's metadata that holds its tags.
const TAGS: &str = "tags";

/// ISO 8601 with microseconds, and Z.
pub(super) fn time(at: UnixNanos) -> String {
    let at = DateTime::from_timestamp_nanos(i64::try_from(at.0).unwrap_or(i64::MAX));
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(super) fn is_generation(span: &Span<'_>, request: &CompletedRequest<'_>) -> bool {
    span.id == SpanId::generation(&request.id)
}

/// The value of a text attribute of the span's own, or of those that all spans share.
pub(super) fn text(trace: &Trace<'_>, span: &Span<'_>, key: &str) -> Option<String> {
    let all = span.attributes.iter().chain(&trace.common);
    all.filter(|attribute| is(&attribute.key, key)).find_map(|attribute| match &attribute.value {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    })
}

/// A text attribute that is JSON already.
pub(super) fn json(trace: &Trace<'_>, span: &Span<'_>, key: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(text(trace, span, key)?).ok()
}

/// `{"messages": …}`. None where the span has no such attribute.
pub(super) fn messages(trace: &Trace<'_>, span: &Span<'_>, key: &str) -> Option<Box<RawValue>> {
    #[derive(Serialize)]
    struct Messages {
        messages: Box<RawValue>,
    }
    to_raw_value(&Messages { messages: json(trace, span, key)? }).ok()
}

/// Tags are metadata: a list of texts, which was recorded as JSON text.
pub(super) fn tags(context: &TraceContext<'_>) -> Vec<String> {
    let tags = context.metadata.iter().find(|(key, _)| &**key == TAGS);
    let Some((_, MetadataValue::Text(text))) = tags else { return Vec::new() };
    serde_json::from_str(text).unwrap_or_default()
}

/// The caller's metadata as one object.
pub(super) struct Metadata<'a>(pub(super) &'a TraceContext<'a>);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.0.metadata {
            match value {
                MetadataValue::Double(value) if !value.is_finite() => {}
                value => map.serialize_entry(&**key, value)?,
            }
        }
        map.end()
    }
}

/// A span's attributes and those that all spans share as one object, without the messages, which have a place of their own.
pub(super) struct Attributes<'a> {
    pub(super) trace: &'a Trace<'a>,
    pub(super) span: &'a Span<'a>,
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.span.attributes.iter().chain(&self.trace.common);
        let mut map = serializer.serialize_map(None)?;
        for attribute in all.filter(|it| !is(&it.key, INPUT) && !is(&it.key, OUTPUT)) {
            put(attribute, &mut map)?;
        }
        map.end()
    }
}

/// Attributes as one object.
pub(super) struct Object<'a>(pub(super) &'a [Attribute<'a>]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.iter().try_for_each(|attribute| put(attribute, &mut map))?;
        map.end()
    }
}

fn put<M: SerializeMap>(attribute: &Attribute<'_>, map: &mut M) -> Result<(), M::Error> {
    let key = attribute.key.to_string();
    match &attribute.value {
        Value::Text(text) => map.serialize_entry(&key, &text.to_string()),
        Value::Bool(value) => map.serialize_entry(&key, value),
        Value::Int(value) => map.serialize_entry(&key, value),
        Value::Double(value) => map.serialize_entry(&key, value),
        Value::Texts(texts) => map.serialize_entry(&key, texts),
    }
}

fn is(phrase: &Phrase<'_>, key: &str) -> bool {
    key.strip_prefix(phrase.head) == Some(&*phrase.tail)
}

/// JSON text. What is written here consists of texts and finite numbers, and cannot fail.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
