//! OTLP's attribute values as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::otlp::{AnyValue, KeyValue, Value as Otlp};

/// Attributes as a JSON object; of a key that comes twice, the last value.
pub(super) fn object(attributes: Vec<KeyValue>) -> Map<String, Value> {
    attributes.into_iter().map(|attribute| (attribute.key, json(attribute.value))).collect()
}

/// Integers stay integers, bytes become base64, other than finite numbers null. Prost bounds the depth at 100.
fn json(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        None => Value::Null,
        Some(Otlp::Text(text)) => Value::String(text),
        Some(Otlp::Bool(yes)) => Value::Bool(yes),
        Some(Otlp::Int(number)) => Value::from(number),
        Some(Otlp::Double(number)) => Value::from(number),
        Some(Otlp::Array(array)) => array.values.into_iter().map(|value| json(Some(value))).collect(),
        Some(Otlp::Map(list)) => Value::Object(object(list.values)),
        Some(Otlp::Bytes(bytes)) => Value::String(STANDARD.encode(bytes)),
    }
}
