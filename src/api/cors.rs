//! Pages of other sites that ask models from a browser (CORS): which may, and the headers that tell the browser so. The key comes
//! with each request; cookies never count here.

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use super::address::Address;
use super::error::{Error, ErrorStyle};
use crate::config::CorsOrigins;

/// Seconds for which a browser need not ask again: the longest that Chromium keeps an answer.
const MAX_AGE: &str = "7200";
/// The headers of an answer that the page may read.
const EXPOSED: &str = "X-Generation-Id, x-request-id, request-id, Retry-After, retry-after-ms, x-should-retry";

/// What a request says of the site whose page sends it, and whether that site may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cors {
    /// The value of `Access-Control-Allow-Origin`, for a site that may.
    allowed: Option<HeaderValue>,
    is_preflight: bool,
}

impl Cors {
    /// None: the request comes from no browser, or goes to no door for browsers.
    pub(super) fn of(head: &RequestHead, address: &Address<'_>, origins: &CorsOrigins) -> Option<Self> {
        let origin = head.headers.get(ORIGIN).filter(|_| address.is_asking())?;
        let is_allowed = origin.to_str().is_ok_and(|origin| origins.allows(origin));
        let value = if *origins == CorsOrigins::Any { HeaderValue::from_static("*") } else { origin.clone() };
        let is_preflight = head.method == Method::OPTIONS && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Some(Self { allowed: is_allowed.then_some(value), is_preflight })
    }

    /// The answer to a browser that asks whether the page may ask; None: the request is another one.
    pub(super) fn preflight(&self, head: &RequestHead, style: ErrorStyle) -> Option<HttpResponse> {
        if !self.is_preflight {
            return None;
        }
        if self.allowed.is_none() {
            return Some(Error::closed_to_browsers().answer(style));
        }
        let mut answer = HttpResponse::NoContent();
        answer.insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"));
        answer.insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE));
        for asked in head.headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.append_header((ACCESS_CONTROL_ALLOW_HEADERS, asked.clone()));
        }
        Some(answer.finish())
    }

    /// Tells the browser that the page may read the answer.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(allowed) = &self.allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}
