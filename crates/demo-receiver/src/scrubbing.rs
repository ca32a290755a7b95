//! What Sentry's default data scrubbing replaces by `[Filtered]`: the password rule of Relay (`relay-pii`, `regexes.rs`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Attributes in Sentry's own conventions are left alone.
const KNOWN: [&str; 10] =
    ["gen_ai.", "sentry.", "session.", "user.", "http.", "error.", "service.", "server.", "url.", "telemetry."];

/// Words by which a key or a text is taken for a secret, wherever in it they stand.
const SECRET: [&str; 12] = [
    "password",
    "secret",
    "passwd",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "credentials",
    "mysql_pwd",
    "privatekey",
    "private-key",
    "private_key",
];

/// The keys of the attributes that Sentry would not show.
pub(super) fn filtered(attributes: &Map<String, Value>) -> BTreeSet<String> {
    let ours = attributes.iter().filter(|(key, _)| !KNOWN.iter().any(|known| key.starts_with(known)));
    let filtered = ours.filter(|(key, value)| {
        let (key, text) = (key.to_ascii_lowercase(), value.as_str().unwrap_or_default().to_ascii_lowercase());
        is_secret(&key) || key.contains("token") || is_secret(&text) || assigns_a_token(&text)
    });
    filtered.map(|(key, _)| key.clone()).collect()
}

fn is_secret(text: &str) -> bool {
    SECRET.iter().any(|word| text.contains(word))
}

/// `token=…`, `token_x: …`: in a value the word alone does no harm.
fn assigns_a_token(text: &str) -> bool {
    text.match_indices("token").any(|(at, _)| {
        let word = text[at..].split_whitespace().next().unwrap_or_default();
        word.contains([':', '='])
    })
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
