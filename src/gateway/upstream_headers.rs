//! Headers that pass between caller and model server (spec 8.3): those that say something of the request, and those that
//! say when to come again. Bounded in number and size both ways.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use crate::completed_request::GenerationId;
use crate::config::PassHeaders;
use crate::trace::{SpanId, TraceId};

/// Headers of one message that pass.
const MOST: usize = 32;
/// Bytes of a value that passes. A longer one is left out.
const VALUE_BYTES: usize = 4 * 1024;

/// Headers of callers that model servers get: who asks (OpenRouter's), which version is wanted, which request is repeated.
const TO_UPSTREAM: [&str; 6] =
    ["http-referer", "x-title", "openai-beta", "anthropic-version", "anthropic-beta", "idempotency-key"];
const TO_UPSTREAM_PREFIX: &str = "x-openrouter-";

/// Headers of model servers that callers get: what is left of their limits, and when to come again.
const TO_CALLER: [&str; 4] = ["openai-processing-ms", "retry-after", "retry-after-ms", "x-should-retry"];
const TO_CALLER_PREFIXES: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

/// Headers that pass on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PassedHeaders(HeaderMap);

impl PassedHeaders {
    /// The headers of a caller that the model server gets. Names are in lower case.
    pub fn to_upstream<'h>(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>, further: &PassHeaders) -> Self {
        let passes =
            |name: &str| TO_UPSTREAM.contains(&name) || name.starts_with(TO_UPSTREAM_PREFIX) || further.has(name);
        Self::of(headers.into_iter().filter(|(name, _)| passes(name)))
    }

    /// The headers of a model server's answer that the caller gets.
    pub(super) fn to_caller(headers: &HeaderMap) -> Self {
        let passes =
            |name: &str| TO_CALLER.contains(&name) || TO_CALLER_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Self::of(headers.filter(|(name, _)| passes(name)))
    }

    /// The seconds after which the caller may come again.
    pub fn retry_after(seconds: u64) -> Self {
        Self(HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from(seconds))]))
    }

    fn of<'h>(headers: impl Iterator<Item = (&'h str, &'h [u8])>) -> Self {
        let short = headers.filter(|(_, value)| value.len() <= VALUE_BYTES).take(MOST);
        let read = |(name, value)| Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?));
        let mut map = HeaderMap::new();
        for (name, value) in short.filter_map(read) {
            map.append(name, value);
        }
        Self(map)
    }

    /// Names and values; a name may come several times.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    pub(super) fn into_map(self) -> HeaderMap {
        self.0
    }
}

/// The `traceparent` under which the model server's own spans hang below the generation span (W3C Trace Context).
pub(super) fn traceparent(id: &GenerationId, trace_id: Option<&str>) -> HeaderValue {
    let text = format!("00-{}-{}-01", TraceId::of(trace_id, id), SpanId::generation(id));
    HeaderValue::try_from(text).unwrap_or_else(|_| unreachable!("hexadecimal digits and dashes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &PassedHeaders) -> Vec<&str> {
        headers.iter().map(|(name, _)| name).collect()
    }

    fn to_upstream(headers: &[(&str, &[u8])], further: &str) -> PassedHeaders {
        PassedHeaders::to_upstream(headers.iter().copied(), &PassHeaders::parse(further).unwrap())
    }

    #[test]
    fn callers_headers_pass_by_name_and_credentials_never() {
        let headers: Vec<(&str, &[u8])> = [
            "http-referer",
            "x-title",
            "x-openrouter-categories",
            "openai-beta",
            "anthropic-version",
            "anthropic-beta",
            "idempotency-key",
            "x-tenant",
            "authorization",
            "cookie",
            "x-api-key",
            "baggage",
            "traceparent",
            "host",
            "referer",
            "x-stainless-os",
        ]
        .map(|name| (name, &b"v"[..]))
        .to_vec();
        assert_eq!(names(&to_upstream(&headers, "")).len(), 7);
        let passed = to_upstream(&headers, "X-Tenant");
        assert!(names(&passed).contains(&"x-tenant") && names(&passed).len() == 8, "{passed:?}");
    }

    #[test]
    fn a_header_that_comes_twice_passes_twice_and_an_overlong_one_not_at_all() {
        let long = vec![b'x'; VALUE_BYTES + 1];
        let passed = to_upstream(&[("anthropic-beta", b"a"), ("anthropic-beta", b"b"), ("x-title", &long)], "");
        assert_eq!(passed.iter().collect::<Vec<_>>(), [("anthropic-beta", &b"a"[..]), ("anthropic-beta", b"b")]);
        let many = vec![("x-title", &b"t"[..]); MOST + 10];
        assert_eq!(names(&to_upstream(&many, "")).len(), MOST);
    }

    #[test]
    fn limits_and_retry_headers_come_back_and_others_not() {
        let mut headers = HeaderMap::new();
        for name in [
            "retry-after",
            "retry-after-ms",
            "x-should-retry",
            "openai-processing-ms",
            "x-ratelimit-remaining-tokens",
            "anthropic-ratelimit-requests-reset",
            "set-cookie",
            "server",
            "x-request-id",
            "content-encoding",
            "openai-organization",
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        assert_eq!(PassedHeaders::to_caller(&headers).iter().count(), 6);
    }

    #[test]
    fn traceparent_names_the_callers_trace_and_the_generation_span() {
        let id = GenerationId::given("gen-1788612885-hFm6Av9rEF3NMfxjJXWk");
        let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(traceparent(&id, Some(trace_id)), format!("00-{trace_id}-9ee548cfb7bba237-01"));
        assert_eq!(traceparent(&id, None).as_bytes().len(), 55);
    }
}
