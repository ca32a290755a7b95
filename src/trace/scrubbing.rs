//! What Sentry's default data scrubbing will take out of our own attributes (spec 2.1, fact 8): a value is replaced when
//! its key or the value itself holds certain words.

use crate::completed_request::{MetadataValue, secret_words};

/// Whether Sentry, as it is set up by default, shows `[Filtered]` in place of this value of metadata.
pub fn is_scrubbed(key: &str, value: &MetadataValue<'_>) -> bool {
    let key = key.to_ascii_lowercase();
    let value_hit = match value {
        MetadataValue::Text(text) => {
            let text = text.to_ascii_lowercase();
            secret_words::stand_in(&text) || assigns_a_token(&text)
        }
        MetadataValue::Bool(_) | MetadataValue::Int(_) | MetadataValue::Double(_) => false,
    };
    value_hit || secret_words::stand_in(&key) || key.contains("token")
}

/// `token=…`, `token_x: …`: in a value the word alone does no harm.
fn assigns_a_token(text: &str) -> bool {
    text.match_indices("token").any(|(at, _)| {
        let rest = text[at..].split_whitespace().next().unwrap_or_default();
        rest.contains([':', '='])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> MetadataValue<'_> {
        MetadataValue::Text(text.into())
    }

    #[test]
    fn words_in_key_or_value_are_hit() {
        for (key, value) in [
            ("author", "ada"),
            ("Api-Key-Name", "ci"),
            ("token_count", "5"),
            ("note", "reset my PASSWORD"),
            ("note", "csrf_token=abc"),
            ("note", "token: abc"),
        ] {
            assert!(is_scrubbed(key, &text(value)), "{key}: {value}");
        }
        assert!(is_scrubbed("secret_number", &MetadataValue::Int(7)));
    }

    #[test]
    fn harmless_metadata_is_not_hit() {
        for (key, value) in [("team", "core"), ("note", "one token more"), ("writer", "ada"), ("api", "key")] {
            assert!(!is_scrubbed(key, &text(value)), "{key}: {value}");
        }
        assert!(!is_scrubbed("count", &MetadataValue::Int(7)));
    }
}
