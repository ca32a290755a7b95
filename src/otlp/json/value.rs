//! `KeyValue` and `AnyValue`.

use std::fmt;
use std::io::Write as _;

use serde::Serialize;

use crate::trace::{Attribute, Phrase, Value};

/// All attributes, parted by commas.
pub(super) fn put_attributes(attributes: &[Attribute<'_>], buffer: &mut Vec<u8>) {
    for (number, attribute) in attributes.iter().enumerate() {
        if number > 0 {
            buffer.push(b',');
        }
        buffer.extend_from_slice(br#"{"key":"#);
        put_phrase(&attribute.key, buffer);
        buffer.extend_from_slice(br#","value":"#);
        put_value(&attribute.value, buffer);
        buffer.push(b'}');
    }
}

fn put_value(value: &Value<'_>, buffer: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            buffer.extend_from_slice(br#"{"stringValue":"#);
            put_phrase(text, buffer);
        }
        Value::Bool(value) => {
            buffer.extend_from_slice(br#"{"boolValue":"#);
            buffer.extend_from_slice(if *value { b"true" } else { b"false" });
        }
        Value::Int(value) => {
            buffer.extend_from_slice(br#"{"intValue":"#);
            put_long(*value, buffer);
        }
        Value::Double(value) => {
            buffer.extend_from_slice(br#"{"doubleValue":"#);
            put_number(*value, buffer);
        }
        Value::Texts(texts) => {
            buffer.extend_from_slice(br#"{"arrayValue":{"values":["#);
            for (number, text) in texts.iter().enumerate() {
                buffer.extend_from_slice(if number > 0 { br#",{"stringValue":"# } else { br#"{"stringValue":"# });
                put_text(text, buffer);
                buffer.push(b'}');
            }
            buffer.extend_from_slice(b"]}");
        }
    }
    buffer.push(b'}');
}

/// A text whose two pieces become one.
pub(super) fn put_phrase(phrase: &Phrase<'_>, buffer: &mut Vec<u8>) {
    // Our own words need no escape.
    let Some((last, head)) = phrase.head.as_bytes().split_last() else { return put_text(&phrase.tail, buffer) };
    buffer.push(b'"');
    buffer.extend_from_slice(head);
    let quote = buffer.len();
    put_text(&phrase.tail, buffer);
    // The head's last character takes the place of the quote between the pieces.
    buffer[quote] = *last;
}

pub(super) fn put_text(text: &str, buffer: &mut Vec<u8>) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(buffer, text);
}

/// An integer of 64 bits, as text: many readers would take it for a double.
pub(super) fn put_long(value: impl fmt::Display, buffer: &mut Vec<u8>) {
    let _ = write!(buffer, "\"{value}\"");
}

/// A number of at most 32 bits, or a finite double.
pub(super) fn put_number(value: impl Serialize, buffer: &mut Vec<u8>) {
    let _ = serde_json::to_writer(buffer, &value);
}
