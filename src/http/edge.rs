//! What every request passes through: the check of the name under which it came, the headers of its answer, and a last resort
//! for what panics.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use futures_util::FutureExt as _;

use super::client::client;
use super::headers::Headers;
use super::host;
use crate::state::State;

/// The answers of one kind of address: those of pages for people, or those of programs.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    pub headers: Headers,
    /// The answer to a request under a name that is not ours.
    pub misdirected: fn() -> HttpResponse,
    /// The answer in place of one that panicked.
    pub internal_error: fn() -> HttpResponse,
}

impl Edge {
    /// Lets a request through to `call`, and its answer back.
    ///
    /// # Errors
    /// Never without an answer: an error that passes through here carries one.
    pub async fn pass<F>(
        &self,
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
            Ok(Ok(refuse(state, request, (self.misdirected)())))
        };
        let without_request = match answered {
            Ok(Ok(mut response)) => {
                self.headers.put(response.headers_mut(), is_https);
                return Ok(response);
            }
            Ok(Err(error)) => error.error_response(),
            Err(_) => {
                tracing::error!("the answer to a request panicked");
                (self.internal_error)()
            }
        };
        Err(self.carrying(without_request, is_https))
    }

    fn carrying(&self, mut answer: HttpResponse, is_https: bool) -> actix_web::Error {
        self.headers.put(answer.headers_mut(), is_https);
        InternalError::from_response("", answer).into()
    }
}

/// Answers a request that goes no further, and notes it in the log.
pub fn refuse(state: &State, request: ServiceRequest, answer: HttpResponse) -> ServiceResponse<BoxBody> {
    let address = client(request.request(), &state.config.trusted_proxies).address;
    let status = answer.status().as_u16();
    tracing::warn!(status, method = %request.method(), %address, "a request was refused at the edge");
    request.into_response(answer)
}
