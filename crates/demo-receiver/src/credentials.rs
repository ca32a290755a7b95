//! Reading the key from a request, in the two forms that Sentry knows.

use super::refusal::Refusal;

/// Length of a public key, in characters.
const KEY_LENGTH: usize = 32;

/// The public key of a request: from `X-Sentry-Auth: Sentry sentry_key=…, …` or from `?sentry_key=…`.
///
/// # Errors
/// 401 for none, two, or an unreadable form; 400 for a key that is not 32 characters.
pub(super) fn public_key(header: Option<&str>, query: &str) -> Result<String, Refusal> {
    let in_query = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "sentry_key");
    let key = match (header, in_query) {
        (Some(_), Some(_)) => return Err(Refusal::DoubledCredentials),
        (Some(header), None) => key_in_header(header).ok_or(Refusal::UnreadableCredentials)?.to_owned(),
        (None, Some((_, key))) => key.into_owned(),
        (None, None) => return Err(Refusal::NoCredentials),
    };
    if key.chars().count() == KEY_LENGTH { Ok(key) } else { Err(Refusal::BadKey) }
}

fn key_in_header(header: &str) -> Option<&str> {
    let (scheme, pairs) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("sentry") {
        return None;
    }
    let mut key = None;
    for pair in pairs.split(',') {
        let (name, value) = pair.trim().split_once('=')?;
        if name == "sentry_key" {
            key = Some(value);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "7c1f6e0b2a9d4c35b8e06f1d5a72943e";

    #[test]
    fn a_key_is_read_from_the_header_or_from_the_query() {
        let header = format!("Sentry sentry_version=7, sentry_key={KEY}, sentry_client=tracecast/0.1.0");
        assert_eq!(public_key(Some(&header), "").as_deref(), Ok(KEY));
        assert_eq!(public_key(None, &format!("sentry_key={KEY}")).as_deref(), Ok(KEY));
    }

    #[test]
    fn no_key_two_keys_and_unreadable_keys_are_401() {
        let header = format!("Sentry sentry_key={KEY}");
        assert_eq!(public_key(None, ""), Err(Refusal::NoCredentials));
        assert_eq!(public_key(Some(&header), &format!("sentry_key={KEY}")), Err(Refusal::DoubledCredentials));
        for unreadable in ["", "Sentry", "Bearer sentry_key=x", "Sentry nonsense", "Sentry sentry_version=7"] {
            assert_eq!(public_key(Some(unreadable), ""), Err(Refusal::UnreadableCredentials), "{unreadable:?}");
        }
    }

    #[test]
    fn a_key_that_is_not_32_characters_is_400() {
        for length in [0, 31, 33] {
            let header = format!("Sentry sentry_key={}", "a".repeat(length));
            assert_eq!(public_key(Some(&header), ""), Err(Refusal::BadKey), "{length}");
        }
    }
}
