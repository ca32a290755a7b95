//! What a connection test found, with its field by the API's name.

use serde_json::Value;

use crate::connection_test::Verdict;
use crate::destination::config::name_of;

pub(in crate::api) fn shown(verdict: &Verdict) -> Value {
    let mut shown = serde_json::to_value(verdict).unwrap_or_default();
    shown["field"] = verdict.field.as_deref().map(field).into();
    shown
}

/// The API's name of a field.
pub(super) fn field(name: &str) -> String {
    match name {
        "name" | "type" => name.to_owned(),
        field => format!("config.{}", name_of(field)),
    }
}
