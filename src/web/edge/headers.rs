//! The headers of every answer (spec 5.4).

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(&str, &str); 5] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// For a year, also for names below this one (OWASP ASVS 5.0, 3.4.1).
pub const STRICT_TRANSPORT: (&str, &str) = ("strict-transport-security", "max-age=31536000; includeSubDomains");

/// Adds what is missing. Assets keep their own `cache-control`.
pub(super) fn put(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // With no-referrer a browser sends `Origin: null` with a form, and over plain http it sends no Sec-Fetch-Site: the
    // check where a form comes from would then have nothing to go by. same-origin tells other sites just as little.
    let referrer = if is_https { "no-referrer" } else { "same-origin" };
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static(referrer));
    if is_https {
        let (name, value) = STRICT_TRANSPORT;
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key("cache-control") {
        headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
    }
}
