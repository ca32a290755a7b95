//! OTLP's attribute values as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Otlp;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::{Map, Value};

/// Attributes as a JSON object; of a key that comes twice, the last value.
pub(super) fn object(attributes: Vec<KeyValue>) -> Map<String, Value> {
    attributes.into_iter().map(|attribute| (attribute.key, json(attribute.value))).collect()
}

/// Integers stay integers, bytes become base64, other than finite numbers null. Prost bounds the depth at 100.
fn json(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        None => Value::Null,
        Some(Otlp::StringValue(text)) => Value::String(text),
        Some(Otlp::BoolValue(yes)) => Value::Bool(yes),
        Some(Otlp::IntValue(number)) => Value::from(number),
        Some(Otlp::DoubleValue(number)) => Value::from(number),
        Some(Otlp::ArrayValue(array)) => array.values.into_iter().map(|value| json(Some(value))).collect(),
        Some(Otlp::KvlistValue(list)) => Value::Object(object(list.values)),
        Some(Otlp::BytesValue(bytes)) => Value::String(STANDARD.encode(bytes)),
        Some(Otlp::StringValueStrindex(index)) => Value::from(index),
    }
}
