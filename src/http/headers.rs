//! The headers of every answer (spec 5.4).

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// What an answer holds. Its headers follow from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headers {
    /// A page, or what a page loads.
    Page,
    /// Data for a program. Should a browser show it, it loads nothing and can be framed nowhere.
    Data,
}

const ALWAYS: [(&str, &str); 2] =
    [("x-content-type-options", "nosniff"), ("cross-origin-resource-policy", "same-origin")];

const POLICY_OF_PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                               font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                               frame-ancestors 'none'";

const OF_PAGES: [(&str, &str); 3] = [
    ("content-security-policy", POLICY_OF_PAGES),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

const OF_DATA: [(&str, &str); 1] = [("content-security-policy", "default-src 'none'; frame-ancestors 'none'")];

/// For a year, also for names below this one (OWASP ASVS 5.0, 3.4.1).
const STRICT_TRANSPORT: (&str, &str) = ("strict-transport-security", "max-age=31536000; includeSubDomains");

impl Headers {
    /// Adds the headers. An answer that may be cached says so itself, in its `cache-control`.
    pub fn put(self, headers: &mut HeaderMap, is_https: bool) {
        let own = match self {
            Self::Page => &OF_PAGES[..],
            Self::Data => &OF_DATA[..],
        };
        let strict = is_https.then_some(STRICT_TRANSPORT);
        let referrer = ("referrer-policy", self.referrer_policy(is_https));
        for (name, value) in ALWAYS.iter().chain(own).copied().chain([referrer]).chain(strict) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if !headers.contains_key("cache-control") {
            headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
        }
    }

    /// With no-referrer a browser sends `Origin: null` with a form, and over plain http it sends no Sec-Fetch-Site: the
    /// check where a form comes from would then have nothing to go by. same-origin shows other sites just as little.
    fn referrer_policy(self, is_https: bool) -> &'static str {
        if self == Self::Page && !is_https { "same-origin" } else { "no-referrer" }
    }
}
