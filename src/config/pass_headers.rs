//! Headers of callers that the operator lets through to the model servers (spec 8.3).

use super::entries::entries;

/// Names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassHeaders(Vec<String>);

/// A caller's credentials, and what belongs to one connection or to the gateway's own request.
const NEVER: [&str; 25] = [
    "accept",
    "accept-encoding",
    "authorization",
    "baggage",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-api-key",
];

impl PassHeaders {
    /// Reads names, separated by commas.
    ///
    /// # Errors
    /// A sentence that lists the names that cannot be passed on.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names: Vec<String> = entries(text).map(str::to_ascii_lowercase).collect();
        let refused = names.iter().filter(|name| !is_name(name) || NEVER.contains(&name.as_str()));
        let refused: Vec<String> = refused.map(|name| format!("`{name}`")).collect();
        if refused.is_empty() {
            return Ok(Self(names));
        }
        Err(format!(
            "{} cannot be passed on: a caller's keys and cookies stay here, and headers of a connection or of the gateway's \
             own request are not the caller's",
            refused.join(", ")
        ))
    }

    /// Whether a header of this name, in lower case, is passed on.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }
}

/// RFC 9110, "token".
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        let headers = PassHeaders::parse("X-Tenant, x-trace-note").unwrap();
        assert!(headers.has("x-tenant") && headers.has("x-trace-note") && !headers.has("x-other"));
        assert_eq!(PassHeaders::parse(""), Ok(PassHeaders::default()));
    }

    #[test]
    fn credentials_and_headers_of_a_connection_are_refused() {
        for never in ["Authorization", "cookie", "X-API-Key", "baggage", "Transfer-Encoding", "host", "a b", "ä"] {
            let advice = PassHeaders::parse(&format!("x-tenant,{never}")).unwrap_err();
            assert!(advice.starts_with(&format!("`{}` cannot", never.to_ascii_lowercase())), "{advice}");
        }
        assert!(PassHeaders::parse("cookie, te").unwrap_err().starts_with("`cookie`, `te` cannot"));
    }
}
