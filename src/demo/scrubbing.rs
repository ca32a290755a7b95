//! What Sentry's default data scrubbing replaces by `[Filtered]`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::completed_request::MetadataValue;
use crate::trace::scrubbing::is_scrubbed;

/// Attributes in Sentry's own conventions are left alone.
const KNOWN: [&str; 10] =
    ["gen_ai.", "sentry.", "session.", "user.", "http.", "error.", "service.", "server.", "url.", "telemetry."];

/// The keys of the attributes that Sentry would not show.
pub(super) fn filtered(attributes: &Map<String, Value>) -> BTreeSet<String> {
    let ours = attributes.iter().filter(|(key, _)| !KNOWN.iter().any(|known| key.starts_with(known)));
    let filtered = ours.filter(|(key, value)| {
        let text = value.as_str().unwrap_or_default();
        is_scrubbed(key, &MetadataValue::Text(text.into()))
    });
    filtered.map(|(key, _)| key.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_and_values_that_look_like_secrets_are_filtered_but_not_in_sentrys_conventions() {
        let attributes = json!({
            "trace.metadata.author": "Ann", "trace.metadata.note": "my API-key", "trace.metadata.tokens_left": 7,
            "trace.metadata.team": "red", "gen_ai.usage.input_tokens": 9, "sentry.description": "password reset",
        });
        let keys: Vec<_> = filtered(attributes.as_object().unwrap()).into_iter().collect();
        assert_eq!(keys, ["trace.metadata.author", "trace.metadata.note", "trace.metadata.tokens_left"]);
    }
}
