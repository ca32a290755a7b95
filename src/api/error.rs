//! Errors of the API, all in one envelope: `{"error":{"code":<http status>,"message":<sentence>,"metadata"?:{…}}}`
//! (spec 3). Never a 5xx for a caller's mistake, because the official clients repeat those for up to an hour.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::completed_request::GenerationId;
use crate::gateway::Failure;
use crate::state::rate_limits::TooOften;

/// The name of a recorded request.
pub(super) const GENERATION_ID_HEADER: HeaderName = HeaderName::from_static("x-generation-id");

/// What the caller is told in place of an answer.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    envelope: Value,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Error {
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        let envelope = json!({ "error": { "code": status.as_u16(), "message": message } });
        Self { status, envelope, headers: Vec::new() }
    }

    /// The key is missing, malformed, unknown or revoked: all the same to the caller.
    pub(super) fn unauthorized() -> Self {
        const MESSAGE: &str = "No valid API key came with this request. Send the header `Authorization: Bearer <key>` \
                               with a key from Settings › API keys.";
        Self::new(StatusCode::UNAUTHORIZED, MESSAGE).with(header::WWW_AUTHENTICATE, "Bearer")
    }

    /// The key is valid, but not for this.
    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// The key, or keys that let nobody in from this address, came too often.
    pub(super) fn too_often(TooOften(wait): TooOften) -> Self {
        const MESSAGE: &str = "Too many requests. Wait as long as the header Retry-After says, then send it again.";
        let seconds = wait.as_secs() + 1;
        Self::new(StatusCode::TOO_MANY_REQUESTS, MESSAGE).with(header::RETRY_AFTER, &seconds.to_string())
    }

    /// Something of ours is away; what exactly is in the log.
    pub(super) fn unavailable() -> Self {
        const MESSAGE: &str = "Tracecast cannot check this request at the moment. Send it again in a few seconds.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, MESSAGE).with(header::RETRY_AFTER, "2")
    }

    /// The request came under a name that is not ours.
    pub(super) fn misdirected(advice: &str) -> Self {
        let message = format!("This server does not know the name under which it was called. {advice}");
        Self::new(StatusCode::MISDIRECTED_REQUEST, &message)
    }

    /// A fault of ours; what exactly is in the log.
    pub(super) fn internal() -> Self {
        const MESSAGE: &str = "Something went wrong on our side. Send the request again; if that does not help, tell the \
                               operator of this server.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, MESSAGE)
    }

    pub(super) fn not_found() -> Self {
        const MESSAGE: &str = "There is nothing at this address. /api/v1/openapi.json lists what there is.";
        Self::new(StatusCode::NOT_FOUND, MESSAGE)
    }

    /// `allowed` as in the header `Allow`.
    pub(super) fn method_not_allowed(allowed: &'static str) -> Self {
        let message = format!("This address takes {allowed} only. Use that method.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, &message).with(header::ALLOW, allowed)
    }

    /// A failure of the gateway, with the name of the request that failed.
    pub(super) fn failed(failure: &Failure, id: &GenerationId) -> Self {
        Self::unnamed(failure).with(GENERATION_ID_HEADER, id.as_str())
    }

    /// The same, before the request had a name.
    pub(super) fn unnamed(failure: &Failure) -> Self {
        let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let error = Self { status, envelope: failure.envelope(), headers: Vec::new() };
        match &failure.retry_after {
            Some(retry_after) => error.with(header::RETRY_AFTER, retry_after),
            None => error,
        }
    }

    /// The same with a header more; a value that no header can hold is left out.
    fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.envelope["error"]["message"].as_str().unwrap_or_default())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.content_type("application/json").body(self.envelope.to_string())
    }
}
