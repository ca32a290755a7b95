//! Which names this server answers to: another site's name that leads here (DNS rebinding) gets nothing.

use actix_web::dev::RequestHead;
use actix_web::http::header::HOST;

use crate::config::AllowedHosts;

/// What the operator can do about a name that is not known.
pub const ADVICE: &str = "Set TRACECAST_PUBLIC_URL to the address that people type, or name this one in \
                          TRACECAST_ALLOWED_HOSTS, then start the program again.";

/// Whether a request is meant for this server. One that names no host at all (HTTP/1.0) comes from no browser.
pub(super) fn is_ours(head: &RequestHead, allowed: &AllowedHosts) -> bool {
    match named(head) {
        Named::Nothing => true,
        Named::One(host) => allowed.has(host),
        Named::Several => false,
    }
}

/// The names under which a request addresses this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'a> {
    Nothing,
    /// Without a port. That of the target counts before that of the header.
    One(&'a str),
    Several,
}

pub(super) fn named(head: &RequestHead) -> Named<'_> {
    let mut headers = head.headers.get_all(HOST);
    let named = match (head.uri.host(), headers.next()) {
        (Some(host), _) => host,
        (None, Some(host)) => host.to_str().unwrap_or_default(),
        (None, None) => return Named::Nothing,
    };
    if headers.next().is_some() { Named::Several } else { Named::One(without_port(named)) }
}

/// `host` of `host:port`, also for `[::1]:8080`.
pub fn without_port(named: &str) -> &str {
    match named.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use url::Url;

    use super::*;

    fn is_ours(uri: &str, hosts: &[&str]) -> bool {
        let allowed = AllowedHosts::default().with(&Url::parse("https://traces.example.com").unwrap());
        let request = TestRequest::with_uri(uri);
        let request = hosts.iter().fold(request, |request, host| request.append_header(("host", *host)));
        super::is_ours(request.to_http_request().head(), &allowed)
    }

    #[test]
    fn the_host_is_that_of_the_target_before_that_of_the_header() {
        assert!(is_ours("/", &["traces.example.com:443"]));
        assert!(is_ours("/", &[]));
        assert!(!is_ours("/", &["evil.example"]));
        assert!(!is_ours("/", &[""]));
        assert!(is_ours("https://traces.example.com/", &["evil.example"]));
        assert!(!is_ours("https://evil.example/", &["traces.example.com"]));
    }

    #[test]
    fn request_that_names_two_hosts_names_none() {
        assert!(!is_ours("/", &["traces.example.com", "evil.example"]));
    }

    #[test]
    fn ports_are_left_out() {
        assert_eq!(without_port("localhost:8080"), "localhost");
        assert_eq!(without_port("[::1]:8080"), "[::1]");
        assert_eq!(without_port("localhost"), "localhost");
    }
}
