//! Which names this server answers to: another site's name that leads here (DNS rebinding) gets nothing.

use std::net::IpAddr;

use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::HOST;
use url::Url;

use crate::web::pages::problem::ProblemPage;

/// The page for a request to a name that is not ours.
///
/// Ours are the public URL's host, `localhost`, and addresses: a name has to be looked up to be turned against us.
pub(super) fn refusal(head: &RequestHead, public_url: &Url) -> Option<ProblemPage> {
    let named = head.uri.host().or_else(|| head.headers.get(HOST)?.to_str().ok())?;
    let host = without_port(named);
    if is_ours(host, public_url) {
        return None;
    }
    let sentence = "Set TRACECAST_PUBLIC_URL to the address that people type, then start the program again.";
    Some(ProblemPage::new(StatusCode::MISDIRECTED_REQUEST).saying("This server does not know that name", sentence))
}

fn is_ours(host: &str, public_url: &Url) -> bool {
    let is_address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let is_local = host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost");
    is_address || is_local || public_url.host_str().is_some_and(|ours| ours.eq_ignore_ascii_case(host))
}

/// `host` of `host:port`, also for `[::1]:8080`.
pub(super) fn without_port(named: &str) -> &str {
    match named.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_and_addresses_are_answered() {
        let public_url = Url::parse("https://traces.example.com").unwrap();
        for ours in ["traces.example.com", "TRACES.example.com", "localhost", "127.0.0.1", "[::1]", "192.168.0.9"] {
            assert!(is_ours(ours, &public_url), "{ours}");
        }
        for other in ["evil.example", "traces.example.com.evil.example", "127.0.0.1.evil.example", ""] {
            assert!(!is_ours(other, &public_url), "{other}");
        }
    }

    #[test]
    fn ports_are_left_out() {
        assert_eq!(without_port("localhost:8080"), "localhost");
        assert_eq!(without_port("[::1]:8080"), "[::1]");
        assert_eq!(without_port("localhost"), "localhost");
    }
}
