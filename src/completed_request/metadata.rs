//! What the caller says of a request beside asking: `user`, `session_id`, `trace` and `traceparent`.

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use crate::json::Text;

/// The caller's identifiers, names and metadata, cleaned and cut to the limits of spec 1 and 2.4.
#[derive(Debug, Clone, PartialEq, Default, Serialize, DeriveDeserialize)]
#[serde(default)]
pub struct TraceContext<'a> {
    /// `user`, at most 128 characters.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub user: Option<Text<'a>>,
    /// `session_id` or the header `x-session-id`, at most 256 characters.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Text<'a>>,
    /// `trace.trace_id` as given, or the trace id of `traceparent` or `sentry-trace`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<Text<'a>>,
    /// `trace.parent_span_id` as given, or the parent of `traceparent` or `sentry-trace`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<Text<'a>>,
    /// `trace.trace_name`
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub trace_name: Option<Text<'a>>,
    /// `trace.span_name`
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub span_name: Option<Text<'a>>,
    /// `trace.generation_name`
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub generation_name: Option<Text<'a>>,
    /// `trace.agent_name`
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<Text<'a>>,
    /// The name of the program that asked, without a version. Requests that were recorded by older versions do not say.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub program: Option<Text<'a>>,
    /// `trace.environment`
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Text<'a>>,
    /// `trace.release`
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub release: Option<Text<'a>>,
    /// Every other key of `trace`, in the caller's order, without the prefix `trace.metadata.`.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<(Text<'a>, MetadataValue<'a>)>,
    /// Keys of `trace` that were left out because there were too many.
    #[serde(skip_serializing_if = "is_zero")]
    pub metadata_left_out: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A value of metadata. Nested values were turned into JSON text when they were recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MetadataValue<'a> {
    Bool(bool),
    Int(i64),
    /// Any other number.
    Double(f64),
    /// A text, or JSON.
    Text(Text<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for MetadataValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = MetadataValue<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, a number, true or false")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(MetadataValue::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(MetadataValue::Int(value))
            }

            #[expect(clippy::cast_precision_loss, reason = "beyond i64 only a double can carry it")]
            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(i64::try_from(value).map_or(MetadataValue::Double(value as f64), MetadataValue::Int))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(MetadataValue::Double(value))
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(MetadataValue::Text(Text::from(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(MetadataValue::Text(Text::from(value.to_owned())))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}
