//! What every page gets: headers that keep strangers' data harmless, and refusals for other sites.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderName, HeaderValue, ORIGIN, SERVER};
use actix_web::http::{Method, header::HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::answer;

/// Headers of every answer.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// Adds the headers, and refuses what another site makes a browser send. The OTLP endpoint is open to every host name,
/// because tests give it all sorts.
pub(crate) async fn protect(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let is_endpoint = request.path().contains("/api/");
    let refusal = if is_endpoint { None } else { refusal(request.method(), request.headers()) };
    let mut response = match refusal {
        Some(refusal) => request.into_response(refusal).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static(answer::SERVER));
    if !is_endpoint {
        for (name, value) in HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if !headers.contains_key("cache-control") {
            headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
        }
    }
    Ok(response)
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<HttpResponse> {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(&HOST).unwrap_or_default();
    if !is_own_name(host) {
        let sentence = "Open this page by its IP address or as localhost: other names are refused, because a \
                        stranger's site could point one here.";
        return Some(HttpResponse::MisdirectedRequest().body(sentence));
    }
    let fetch_site = text(&HeaderName::from_static("sec-fetch-site"));
    let same_site = match (fetch_site, text(&ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").is_some_and(|(_, origin)| origin == host),
        (None, None) => true,
    };
    let refused = method != Method::GET && method != Method::HEAD && !same_site;
    refused.then(|| HttpResponse::Forbidden().body("This form was sent by another site. Use the one on this page."))
}

/// An IP address or `localhost`: names that no stranger's DNS decides about.
fn is_own_name(host: &str) -> bool {
    match url::Url::parse(&format!("http://{host}/")).map(|url| url.host().map(|host| host.to_owned())) {
        Ok(Some(url::Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Some(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_its_own_names() {
        for host in ["127.0.0.1:8090", "localhost", "[::1]:80", "192.168.1.7:1", "demo.localhost:1"] {
            assert!(is_own_name(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:8090"] {
            assert!(!is_own_name(host), "{host}");
        }
    }
}
