//! A destination as the audit log tells of it.

use serde_json::{Value, json};

use crate::store::destinations::Destination;

/// Everything but the secrets, of which it tells the masked form.
pub(super) fn told(destination: &Destination) -> Value {
    json!({
        "kind": destination.kind,
        "name": destination.name,
        "target": destination.target,
        "privacy_mode": destination.privacy_mode,
        "settings": destination.settings.0,
        "secrets": destination.masked.0,
    })
}
