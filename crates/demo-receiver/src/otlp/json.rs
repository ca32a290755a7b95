//! What OTLP writes in JSON in its own way: identifiers in hexadecimal, large integers as text, bytes in base64.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{AnyValue, ArrayValue, KeyValueList, Value};

/// An `AnyValue` as JSON has it: an object with at most one of these.
#[derive(Deserialize)]
pub(super) struct Written {
    #[serde(rename = "stringValue")]
    text: Option<String>,
    #[serde(rename = "boolValue")]
    bool: Option<bool>,
    #[serde(rename = "intValue")]
    int: Option<Integer<i64>>,
    #[serde(rename = "doubleValue")]
    double: Option<f64>,
    #[serde(rename = "arrayValue")]
    array: Option<ArrayValue>,
    #[serde(rename = "kvlistValue")]
    map: Option<KeyValueList>,
    #[serde(rename = "bytesValue")]
    bytes: Option<String>,
}

/// An integer, as a number or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Integer<N> {
    Number(N),
    Text(String),
}

impl<N: FromStr> Integer<N> {
    fn read(self) -> Result<N, N::Err> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(text) => text.parse(),
        }
    }
}

impl TryFrom<Written> for AnyValue {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let int = written.int.map(Integer::read).transpose().map_err(|error| error.to_string())?;
        let bytes = written.bytes.map(|text| STANDARD.decode(text)).transpose();
        let bytes = bytes.map_err(|error| error.to_string())?;
        let value = (written.text.map(Value::Text))
            .or(written.bool.map(Value::Bool))
            .or(int.map(Value::Int))
            .or(written.double.map(Value::Double))
            .or(written.array.map(Value::Array))
            .or(written.map.map(Value::Map))
            .or(bytes.map(Value::Bytes));
        Ok(Self { value })
    }
}

/// For `deserialize_with`: bytes in hexadecimal.
pub(super) fn hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// For `deserialize_with`: an integer, as a number or as text.
pub(super) fn integer<'de, D, N>(deserializer: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: Deserialize<'de> + FromStr,
    N::Err: Display,
{
    Integer::deserialize(deserializer)?.read().map_err(D::Error::custom)
}
