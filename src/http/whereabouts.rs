//! Whether the sender of a request is at this machine, or may be anywhere.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::{Payload, RequestHead};
use actix_web::http::Version;
use actix_web::{FromRequest, HttpRequest};

use super::host::{Named, named};
use crate::client::Whereabouts;
use crate::config::allowed_hosts::is_loopback;

/// Headers in which proxies and gateways name the client for whom they speak.
const FORWARDING: [&str; 13] = [
    "forwarded",
    "forwarded-for",
    "via",
    "x-real-ip",
    "x-client-ip",
    "client-ip",
    "true-client-ip",
    "x-cluster-client-ip",
    "x-proxyuser-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-host",
    "cdn-loop",
];

/// How the names of families of such headers begin.
const FORWARDING_FAMILIES: [&str; 8] =
    ["x-forwarded", "x-original-", "x-envoy-", "x-amzn-", "x-azure-", "cf-", "fastly-", "tailscale-"];

impl FromRequest for Whereabouts {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let is_loopback = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        ready(Ok(if is_loopback && is_direct(request.head()) { Self::Here } else { Self::Anywhere }))
    }
}

/// Whether a request looks as if nobody had passed it on: a proxy adds headers, or leaves the name that was typed. A
/// proxy that does neither often speaks a version of HTTP that no browser speaks any more, as nginx does by default.
fn is_direct(head: &RequestHead) -> bool {
    let is_named_here = matches!(named(head), Named::One(host) if is_loopback(host));
    is_named_here && head.version >= Version::HTTP_11 && !head.headers.keys().any(|name| is_forwarding(name.as_str()))
}

/// `name` is in lower case.
fn is_forwarding(name: &str) -> bool {
    FORWARDING.contains(&name) || FORWARDING_FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use actix_web::test::TestRequest;

    use super::*;

    fn sits(peer: &str, version: Version, headers: &[(&'static str, &str)]) -> Whereabouts {
        let request = TestRequest::with_uri("/sign-up").version(version).peer_addr(peer.parse::<SocketAddr>().unwrap());
        let request = headers.iter().fold(request, |request, header| request.append_header(*header)).to_http_request();
        let Ok(whereabouts) = Whereabouts::from_request(&request, &mut Payload::None).into_inner();
        whereabouts
    }

    #[test]
    fn request_over_loopback_to_a_loopback_name_is_here() {
        for (peer, host) in [
            ("127.0.0.1:4711", "localhost:8080"),
            ("127.0.0.1:4711", "tracecast.localhost"),
            ("127.3.2.1:4711", "127.0.0.1:8080"),
            ("[::1]:4711", "[::1]:8080"),
            ("[::ffff:127.0.0.1]:4711", "LOCALHOST"),
        ] {
            assert_eq!(sits(peer, Version::HTTP_11, &[("host", host)]), Whereabouts::Here, "{peer} {host}");
        }
    }

    #[test]
    fn any_other_request_may_come_from_anywhere() {
        for host in ["traces.example.com", "192.168.0.9:8080", "0.0.0.0", "[::]:8080", ""] {
            assert_eq!(sits("127.0.0.1:1", Version::HTTP_11, &[("host", host)]), Whereabouts::Anywhere, "{host}");
        }
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(sits("127.0.0.1:1", Version::HTTP_11, &twice), Whereabouts::Anywhere);
        assert_eq!(sits("127.0.0.1:1", Version::HTTP_11, &[]), Whereabouts::Anywhere);
        let local = ("host", "localhost");
        assert_eq!(sits("192.0.2.7:1", Version::HTTP_11, &[local]), Whereabouts::Anywhere);
        assert_eq!(sits("127.0.0.1:1", Version::HTTP_10, &[local]), Whereabouts::Anywhere);
        for header in
            ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via", "CF-Ray", "X-Original-Host"]
        {
            let headers = [local, (header, "")];
            assert_eq!(sits("127.0.0.1:1", Version::HTTP_11, &headers), Whereabouts::Anywhere, "{header}");
        }
    }
}
