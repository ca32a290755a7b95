//! A span as it arrived, and how Sentry would show it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::time::UnixNanos;

/// OTLP's status codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing was said: fine.
    #[default]
    Unset,
    /// Fine, explicitly.
    Ok,
    /// Failed.
    Error,
}

impl Status {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// A span as it arrived.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReceivedSpan {
    /// 16 hex digits, lower case.
    pub span_id: String,
    /// 16 hex digits; none for a span without a parent.
    pub parent_span_id: Option<String>,
    /// The name on the wire.
    pub name: String,
    /// What Sentry shows: `sentry.description`, else for a generation what Relay makes up (`chat gpt-4o`), else the name.
    pub description: String,
    /// `sentry.op`, else `default`.
    pub op: String,
    /// `internal`, `server`, `client`, `producer`, `consumer` or `unspecified`.
    pub kind: &'static str,
    /// The beginning.
    #[serde(rename = "start_time_unix_nano", serialize_with = "as_text")]
    pub start: UnixNanos,
    /// The end; never before the beginning.
    #[serde(rename = "end_time_unix_nano", serialize_with = "as_text")]
    pub end: UnixNanos,
    /// Whether it failed.
    pub status: Status,
    /// The message beside the status.
    pub status_message: String,
    /// OTLP's flags: 0x100 "remote is known", 0x200 "parent is remote".
    pub flags: u32,
    /// Whether Sentry makes a transaction of it: without a parent, or with one that is marked as remote (flags 0x300).
    pub is_segment: bool,
    /// OTLP values as JSON: integers stay integers, bytes become base64, other than finite numbers null.
    pub attributes: Map<String, Value>,
    /// Attributes that Sentry's default data scrubbing replaces by `[Filtered]`.
    pub filtered: BTreeSet<String>,
    /// The resource's attributes.
    #[serde(serialize_with = "shared")]
    pub resource: Arc<Map<String, Value>>,
    /// The scope's name and version.
    pub scope: String,
    /// The number of the request that brought it first.
    pub request: u64,
    /// How often it arrived: more than once is a repeated delivery.
    pub deliveries: u32,
}

impl ReceivedSpan {
    /// An attribute that is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(Value::as_str)
    }

    /// Seconds from beginning to end.
    pub fn seconds(&self) -> f64 {
        self.end.seconds_since(self.start)
    }
}

/// Nanoseconds as a decimal string, as in OTLP's JSON: they do not fit JavaScript's numbers.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn as_text<S: Serializer>(at: &UnixNanos, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.0)
}

fn shared<S: Serializer>(map: &Arc<Map<String, Value>>, serializer: S) -> Result<S::Ok, S::Error> {
    map.as_ref().serialize(serializer)
}
