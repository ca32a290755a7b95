//! What every request of a program passes through, as people's pass through [`crate::web::edge`]: the name under which it
//! came, the headers of its answer, and a last resort for what panics (spec 5.4, 5.5).

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError as _, web};
use futures_util::FutureExt as _;

use super::error::Error;
use crate::state::State;
use crate::web::client::client;
use crate::web::edge::headers::STRICT_TRANSPORT;
use crate::web::edge::host;

/// An answer to a program is no document: should a browser show one, it loads nothing and can be framed nowhere.
const ALWAYS: [(&str, &str); 4] = [
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// The middleware around everything on the web port that is no page.
///
/// # Errors
/// Never without an answer: an error that passes through here carries one.
pub async fn edge(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_https = state.config.is_https();
    if !host::is_ours(request.head(), &state.config.allowed_hosts) {
        let address = client(request.request(), &state.config.trusted_proxies).address;
        tracing::warn!(status = 421, method = %request.method(), %address, "a request was refused at the edge");
        let mut response = request.into_response(Error::misdirected(host::ADVICE).error_response());
        put(response.headers_mut(), is_https);
        return Ok(response);
    }
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let mut response = response.map_into_boxed_body();
            put(response.headers_mut(), is_https);
            Ok(response)
        }
        Ok(Err(error)) => Err(carrying(error.error_response(), is_https)),
        Err(_) => {
            tracing::error!("an answer of the API panicked");
            Err(carrying(Error::internal().error_response(), is_https))
        }
    }
}

/// Adds the headers. What may be kept says so itself.
pub fn put(headers: &mut HeaderMap, is_https: bool) {
    let strict = is_https.then_some(STRICT_TRANSPORT);
    for (name, value) in ALWAYS.into_iter().chain(strict) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key("cache-control") {
        headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
    }
}

fn carrying(mut answer: HttpResponse, is_https: bool) -> actix_web::Error {
    put(answer.headers_mut(), is_https);
    InternalError::from_response("", answer).into()
}
