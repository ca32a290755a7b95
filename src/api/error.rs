//! Errors of the API, all in one envelope: `{"error":{"code":<http status>,"message":<sentence>,"metadata"?:{…}}}`
//! (spec 3). Never a 5xx for a caller's mistake, because the official clients repeat those for up to an hour.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{Content, Header, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{ToResponse, ToSchema};

use crate::completed_request::GenerationId;
use crate::gateway::Failure;
use crate::state::rate_limits::TooOften;

/// The name of a recorded request.
pub(super) const GENERATION_ID_HEADER: HeaderName = HeaderName::from_static("x-generation-id");

/// The name of the request, `gen-<unix seconds>-<20 alphanumerics>`; from it follow the ids of its trace.
#[derive(ToSchema)]
#[schema(as = GenerationId)]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(super) struct DescribedId(String);

/// The answer to a request that fails.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    message: Cow<'static, str>,
    metadata: Option<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(super) struct Envelope<'a> {
    #[schema(inline)]
    error: Details<'a>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Details<'a> {
    /// The HTTP status.
    code: u16,
    message: &'a str,
    /// `field` names a field of the wrong type; `upstream` is what the model server said (`status`, `type`, `code`, `param`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    metadata: Option<&'a Value>,
}

impl Error {
    pub(super) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), metadata: None, headers: Vec::new() }
    }

    /// The key is missing, malformed, unknown or revoked: all the same to the caller.
    pub(super) fn unauthorized() -> Self {
        const MESSAGE: &str = "No valid API key came with this request. Send the header `Authorization: Bearer <key>` \
                               with a key from Settings › API keys.";
        Self::new(StatusCode::UNAUTHORIZED, MESSAGE).with(header::WWW_AUTHENTICATE, "Bearer")
    }

    /// The key is valid, but not for this.
    pub(super) fn forbidden(message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// The key, or keys that let nobody in from this address, came too often.
    pub(super) fn too_often(TooOften(wait): TooOften) -> Self {
        const MESSAGE: &str = "Too many requests. Wait as long as the header Retry-After says, then send it again.";
        let seconds = wait.as_secs() + 1;
        Self::new(StatusCode::TOO_MANY_REQUESTS, MESSAGE).with(header::RETRY_AFTER, &seconds.to_string())
    }

    /// Something of ours is away. The log says what.
    pub(super) fn unavailable() -> Self {
        const MESSAGE: &str = "Tracecast cannot check this request at the moment. Send it again in a few seconds.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, MESSAGE).with(header::RETRY_AFTER, "2")
    }

    /// The request came under a name that is not ours.
    pub(super) fn misdirected(advice: &str) -> Self {
        let message = format!("This server does not know the name under which it was called. {advice}");
        Self::new(StatusCode::MISDIRECTED_REQUEST, message)
    }

    /// A fault of ours. The log says which.
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
    pub(super) fn method_not_allowed(allowed: &str) -> Self {
        let message = format!("This address takes {allowed} only. Use that method.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message).with(header::ALLOW, allowed)
    }

    /// The same with the name of the request that failed.
    pub(super) fn of(self, id: &GenerationId) -> Self {
        self.with(GENERATION_ID_HEADER, id.as_str())
    }

    /// The same with a header more; a value that no header can hold is left out.
    fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

/// A failure of the gateway. Words that are only for the record are left out.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let error = Self { metadata: failure.metadata, ..Self::new(status, failure.message) };
        match &failure.retry_after {
            Some(retry_after) => error.with(header::RETRY_AFTER, retry_after),
            None => error,
        }
    }
}

/// As the OpenAPI document describes it.
impl<'r> ToResponse<'r> for Error {
    fn response() -> (&'r str, RefOr<Response>) {
        let response = ResponseBuilder::new()
            .description("What went wrong, in a sentence that says what to do next.")
            .header("X-Generation-Id", Header::new(Ref::from_schema_name(DescribedId::name())))
            .content("application/json", Content::new(Some(Ref::from_schema_name(Envelope::name()))));
        ("Error", response.build().into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
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
        let (message, metadata) = (&*self.message, self.metadata.as_ref());
        response.json(Envelope { error: Details { code: self.status.as_u16(), message, metadata } })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody as _;
    use serde_json::json;

    use super::*;

    fn text(error: &Error) -> String {
        let response = error.error_response();
        assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/json");
        String::from_utf8(response.into_body().try_into_bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn envelope_holds_code_message_and_metadata_and_nothing_else() {
        let bare = Error::new(StatusCode::NOT_FOUND, "There is \"nothing\" here.");
        assert_eq!(text(&bare), r#"{"error":{"code":404,"message":"There is \"nothing\" here."}}"#);
        let error = Error { metadata: Some(json!({ "field": "model" })), ..bare };
        let expected = r#"{"error":{"code":404,"message":"There is \"nothing\" here.","metadata":{"field":"model"}}}"#;
        assert_eq!(text(&error), expected);
    }

    #[test]
    fn failure_of_the_gateway_keeps_status_words_metadata_and_retry_after() {
        let failure = Failure {
            status: 429,
            kind: "429".into(),
            message: "Too many.".to_owned(),
            summary: "The upstream answered 429.".into(),
            metadata: Some(json!({ "upstream": { "status": 429 } })),
            retry_after: Some("7".to_owned()),
        };
        let error = Error::from(failure);
        let expected = r#"{"error":{"code":429,"message":"Too many.","metadata":{"upstream":{"status":429}}}}"#;
        assert_eq!(text(&error), expected);
        assert_eq!(error.error_response().headers().get(header::RETRY_AFTER).unwrap(), "7");
    }

    #[test]
    fn header_value_with_a_line_break_is_left_out() {
        let error = Error::new(StatusCode::BAD_GATEWAY, "x").with(header::RETRY_AFTER, "1\r\nx: y");
        assert!(!error.error_response().headers().contains_key(header::RETRY_AFTER));
    }
}
