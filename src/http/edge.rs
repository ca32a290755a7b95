//! What every request passes through: the check of the name under which it came, the headers of its answer, and a last resort
//! for what panics.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::HeaderMap;
use actix_web::http::{ConnectionType, Version};
use futures_util::FutureExt as _;

use super::client::client;
use super::host;
use crate::state::State;

/// The answers of one kind of address: those of pages for people, or those of programs.
pub trait Edge {
    /// Adds the headers that every answer carries.
    fn dress(&self, headers: &mut HeaderMap, is_https: bool);

    /// The answer to a request under a name that is not ours.
    fn misdirected(&self) -> HttpResponse;

    /// The answer in place of one that panicked.
    fn internal_error(&self) -> HttpResponse;
}

/// Lets a request through to `call`, and its answer back.
///
/// # Errors
/// Never without an answer: an error that passes through here carries one.
pub async fn pass<F>(
    edge: &impl Edge,
    state: &State,
    request: ServiceRequest,
    call: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error>
where
    F: Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>>,
{
    let is_https = state.config.is_https();
    let answered = if host::is_ours(request.head(), &state.config.allowed_hosts) {
        AssertUnwindSafe(call(request)).catch_unwind().await
    } else {
        Ok(Ok(refuse(state, request, edge.misdirected())))
    };
    let mut without_request = match answered {
        Ok(Ok(mut response)) => {
            edge.dress(response.headers_mut(), is_https);
            without_chunks_to_old_http(&mut response);
            return Ok(response);
        }
        Ok(Err(error)) => error.error_response(),
        Err(_) => {
            tracing::error!("the answer to a request panicked");
            edge.internal_error()
        }
    };
    edge.dress(without_request.headers_mut(), is_https);
    Err(InternalError::from_response("", without_request).into())
}

/// HTTP/1.0 knows no chunks: there the end of the connection ends a body of unknown length (RFC 9112, 6.1 and 6.3).
fn without_chunks_to_old_http(response: &mut ServiceResponse<BoxBody>) {
    let is_old = response.request().version() < Version::HTTP_11;
    if is_old && response.response().body().size() == BodySize::Stream {
        let head = response.response_mut().head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
}

/// Answers a request that goes no further, and notes it in the log.
pub fn refuse(state: &State, request: ServiceRequest, answer: HttpResponse) -> ServiceResponse<BoxBody> {
    let address = client(request.request(), &state.config.trusted_proxies).address;
    let status = answer.status().as_u16();
    tracing::warn!(status, method = %request.method(), %address, "a request was refused at the edge");
    request.into_response(answer)
}
