//! Refuses forms that another site sent (spec 5.4). `Sec-Fetch-Site` decides, else `Origin`. A form with neither header
//! passes only if it carries no cookie and signs nobody in.

use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HOST, ORIGIN};
use url::Url;

use crate::http::host::without_port;
use crate::pages::problem::ProblemPage;

/// Forms that give somebody a session or a password, and come without a cookie.
const SIGN_IN_FORMS: [&str; 3] = ["/sign-", "/invitations/", "/password-reset/"];

/// Where a request that changes something comes from.
#[derive(Debug, Clone, Copy)]
struct Provenance<'a> {
    fetch_site: Option<&'a str>,
    origin: Option<&'a str>,
    host: Option<&'a str>,
    has_cookie: bool,
    signs_in: bool,
}

/// The page for a form that another site sent. `path` is the one that leads to a handler, without escapes: `/%73ign-in`
/// signs in as well.
pub(super) fn refusal(head: &RequestHead, path: &str, public_url: &Url) -> Option<ProblemPage> {
    if head.method.is_safe() {
        return None;
    }
    let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let provenance = Provenance {
        fetch_site: header("sec-fetch-site"),
        origin: header(ORIGIN.as_str()),
        host: header(HOST.as_str()),
        has_cookie: head.headers.contains_key(COOKIE),
        signs_in: SIGN_IN_FORMS.iter().any(|form| path.starts_with(form)),
    };
    if provenance.is_ours(public_url) {
        return None;
    }
    let sentence = "Open Tracecast in this browser and send the form from there.";
    Some(ProblemPage::new(StatusCode::FORBIDDEN).saying("This form came from another site", sentence))
}

impl Provenance<'_> {
    fn is_ours(self, public_url: &Url) -> bool {
        match (self.fetch_site, self.origin) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => self.is_own_origin(origin, public_url),
            (None, None) => !self.has_cookie && !self.signs_in,
        }
    }

    /// The public URL's origin; on this machine also the address that was typed, which may have another port or name.
    fn is_own_origin(self, origin: &str, public_url: &Url) -> bool {
        if origin == public_url.origin().ascii_serialization() {
            return true;
        }
        let Some((host, claimed)) = self.host.zip(origin.strip_prefix("http://")) else { return false };
        let is_local = matches!(without_port(host), "localhost" | "127.0.0.1" | "[::1]");
        is_local && claimed == host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Provenance<'_> = Provenance {
        fetch_site: None,
        origin: None,
        host: Some("traces.example.com"),
        has_cookie: true,
        signs_in: false,
    };

    fn is_ours(provenance: Provenance<'_>) -> bool {
        provenance.is_ours(&Url::parse("https://traces.example.com").unwrap())
    }

    #[test]
    fn sec_fetch_site_decides_where_a_form_comes_from() {
        for (site, expected) in [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)] {
            let origin = Some("https://traces.example.com");
            assert_eq!(is_ours(Provenance { fetch_site: Some(site), origin, ..NOTHING }), expected, "{site}");
        }
    }

    #[test]
    fn origin_decides_for_an_older_browser() {
        for (origin, expected) in [
            ("https://traces.example.com", true),
            ("http://traces.example.com", false),
            ("https://traces.example.com:8443", false),
            ("https://evil.example", false),
            ("null", false),
        ] {
            assert_eq!(is_ours(Provenance { origin: Some(origin), ..NOTHING }), expected, "{origin}");
        }
    }

    #[test]
    fn typed_address_is_ours_on_this_machine() {
        let typed = Provenance { host: Some("127.0.0.1:9000"), ..NOTHING };
        assert!(is_ours(Provenance { origin: Some("http://127.0.0.1:9000"), ..typed }));
        assert!(!is_ours(Provenance { origin: Some("http://127.0.0.1:9001"), ..typed }));
        let elsewhere = Provenance { host: Some("evil.example"), ..NOTHING };
        assert!(!is_ours(Provenance { origin: Some("http://evil.example"), ..elsewhere }));
    }

    #[test]
    fn form_without_either_header_may_neither_use_a_cookie_nor_sign_in() {
        assert!(!is_ours(NOTHING));
        assert!(!is_ours(Provenance { has_cookie: false, signs_in: true, ..NOTHING }));
        assert!(is_ours(Provenance { has_cookie: false, ..NOTHING }));
    }
}
