//! What is kept of a response: enough to show what the receiver said.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Response, one_line};

/// The most of a body that is kept, in bytes.
const MOST_BODY: usize = 2 * 1024;

/// Headers that describe the receiver and its limits. Any other may hold a secret, as a cookie does.
const HARMLESS: [&str; 9] =
    ["content-type", "content-length", "date", "retry-after", "server", "via", "x-request-id", "traceparent", "cf-ray"];

/// Parts of the names of headers about limits, which every vendor names in its own way: `x-ratelimit-reset`,
/// `x-vendor-rate-limits`.
const LIMITS: [&str; 2] = ["ratelimit", "rate-limit"];

/// A response's harmless headers and the beginning of its body. As the receiver wrote it: mask and escape before showing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// By their names in lower case; each value on one line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// None: the response had no body.
    pub body: Option<String>,
}

impl Evidence {
    pub fn of(response: &Response) -> Self {
        let is_harmless = |name: &str| HARMLESS.contains(&name) || LIMITS.iter().any(|limits| name.contains(limits));
        let harmless = response.headers.iter().filter(|(name, _)| is_harmless(name));
        Self {
            headers: harmless.map(|(name, value)| (name.to_owned(), one_line(value))).collect(),
            body: (!response.body.is_empty()).then(|| beginning(&response.body)),
        }
    }
}

/// Text that Postgres takes: without NUL, and cut between two characters.
fn beginning(body: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(body).replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(MOST_BODY));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_keeps_limits_and_no_cookie() {
        let headers = [("Retry-After", "7"), ("X-Vendor-Rate-Limits", "60::org"), ("Set-Cookie", "session=1")];
        let response = Response { headers: headers.into_iter().collect(), ..Response::default() };
        let evidence = Evidence::of(&response);
        let kept: Vec<_> = evidence.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(kept, [("retry-after", "7"), ("x-vendor-rate-limits", "60::org")]);
        assert_eq!(evidence.body, None);
    }

    #[test]
    fn evidence_keeps_two_kilobytes_of_any_body_as_text() {
        let body = [b"\0".repeat(3), "ü".repeat(MOST_BODY).into_bytes()].concat();
        let kept = Evidence::of(&Response { body: body.into(), ..Response::default() }).body.unwrap();
        assert!(kept.starts_with("\u{fffd}\u{fffd}\u{fffd}üü"));
        assert!((MOST_BODY - 3..=MOST_BODY).contains(&kept.len()), "{}", kept.len());
    }
}
