//! The values of a destination that the audit log records.

use serde_json::{Value, json};

use crate::store::destinations::Destination;

/// Everything but the secrets, which are recorded in their masked form.
pub(super) fn recorded_values(destination: &Destination) -> Value {
    json!({
        "kind": destination.kind,
        "name": destination.name,
        "target": destination.target,
        "privacy_mode": destination.privacy_mode,
        "settings": destination.settings.0,
        "selection": destination.selection,
        "redaction": destination.redaction,
        "secrets": destination.masked.0,
    })
}
