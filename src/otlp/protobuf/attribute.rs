//! `KeyValue` and `AnyValue` of `opentelemetry.proto.common.v1`.

use super::wire::{
    WireType, length_delimited, put_bytes, put_fixed64, put_tag, put_tag_and_length, put_varint, varint_length,
};
use crate::trace::{Attribute, Phrase, Value};

/// Fields of `KeyValue`.
const KEY: u32 = 1;
const VALUE: u32 = 2;
/// Fields of `AnyValue`.
const STRING: u32 = 1;
const BOOL: u32 = 2;
const INT: u32 = 3;
const DOUBLE: u32 = 4;
const ARRAY: u32 = 5;
/// Field of `ArrayValue`.
const VALUES: u32 = 1;

/// All attributes, each as `field` of the message around them.
pub(super) fn put_attributes(field: u32, attributes: &[Attribute<'_>], buffer: &mut Vec<u8>) {
    for attribute in attributes {
        let value = value_length(&attribute.value);
        put_tag_and_length(field, key_value_length(attribute, value), buffer);
        put_phrase(KEY, &attribute.key, buffer);
        put_tag_and_length(VALUE, value, buffer);
        put_value(&attribute.value, buffer);
    }
}

/// Bytes that [`put_attributes`] writes.
pub(super) fn attributes_length(attributes: &[Attribute<'_>]) -> usize {
    let key_value = |attribute| length_delimited(key_value_length(attribute, value_length(&attribute.value)));
    attributes.iter().map(key_value).sum()
}

/// A text whose two pieces become one.
pub(super) fn put_phrase(field: u32, phrase: &Phrase<'_>, buffer: &mut Vec<u8>) {
    put_tag_and_length(field, phrase.len(), buffer);
    buffer.extend_from_slice(phrase.head.as_bytes());
    buffer.extend_from_slice(phrase.tail.as_bytes());
}

fn key_value_length(attribute: &Attribute<'_>, value: usize) -> usize {
    length_delimited(attribute.key.len()) + length_delimited(value)
}

fn value_length(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) => length_delimited(text.len()),
        Value::Bool(_) => 2,
        Value::Int(value) => 1 + varint_length(value.cast_unsigned()),
        Value::Double(_) => 9,
        Value::Texts(texts) => {
            length_delimited(texts.iter().map(|text| length_delimited(length_delimited(text.len()))).sum())
        }
    }
}

fn put_value(value: &Value<'_>, buffer: &mut Vec<u8>) {
    match value {
        Value::Text(text) => put_phrase(STRING, text, buffer),
        Value::Bool(value) => {
            put_tag(BOOL, WireType::Varint, buffer);
            buffer.push(u8::from(*value));
        }
        Value::Int(value) => {
            put_tag(INT, WireType::Varint, buffer);
            put_varint(value.cast_unsigned(), buffer);
        }
        Value::Double(value) => put_fixed64(DOUBLE, value.to_bits(), buffer),
        Value::Texts(texts) => {
            let length = texts.iter().map(|text| length_delimited(length_delimited(text.len()))).sum();
            put_tag_and_length(ARRAY, length, buffer);
            for text in texts {
                put_tag_and_length(VALUES, length_delimited(text.len()), buffer);
                put_bytes(STRING, text.as_bytes(), buffer);
            }
        }
    }
}
