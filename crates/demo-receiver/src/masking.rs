//! A request's headers without the secrets in them.

use std::collections::BTreeMap;

use actix_web::http::header::HeaderMap;

/// Characters of a value that are kept.
const LENGTH: usize = 200;

/// Headers of one request that are kept.
const COUNT: usize = 40;

/// Names in lower case, values shortened; what may be a secret is masked.
pub(super) fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut kept = BTreeMap::new();
    for (name, value) in headers.iter().take(COUNT) {
        let text: String = String::from_utf8_lossy(value.as_bytes()).chars().take(LENGTH).collect();
        kept.insert(name.as_str().to_owned(), masked(name.as_str(), &text));
    }
    kept
}

fn masked(name: &str, value: &str) -> String {
    if name == "x-sentry-auth" {
        return value.split(", ").map(masked_pair).collect::<Vec<_>>().join(", ");
    }
    let telling = ["auth", "cookie", "token", "secret", "password", "key"].iter().any(|word| name.contains(word));
    if telling { "(hidden)".to_owned() } else { value.to_owned() }
}

/// `sentry_key=7c1f…943e`: enough to tell keys apart.
fn masked_pair(pair: &str) -> String {
    let Some((before, key)) = pair.split_once("sentry_key=") else { return pair.to_owned() };
    match (key.len(), key.get(..4), key.get(key.len().saturating_sub(4)..)) {
        (9.., Some(start), Some(end)) => format!("{before}sentry_key={start}…{end}"),
        _ => format!("{before}sentry_key=(hidden)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_headers_are_masked_and_the_rest_stays() {
        let auth = "Sentry sentry_version=7, sentry_key=7c1f6e0b2a9d4c35b8e06f1d5a72943e, sentry_client=tracecast/0.1";
        let shown = "Sentry sentry_version=7, sentry_key=7c1f…943e, sentry_client=tracecast/0.1";
        assert_eq!(masked("x-sentry-auth", auth), shown);
        assert_eq!(masked("x-sentry-auth", "Sentry sentry_key=short"), "Sentry sentry_key=(hidden)");
        assert_eq!(masked("authorization", "Bearer abc"), "(hidden)");
        assert_eq!(masked("x-honeycomb-team-key", "abc"), "(hidden)");
        assert_eq!(masked("content-type", "application/x-protobuf"), "application/x-protobuf");
    }
}
