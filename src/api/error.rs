//! Errors of the API: a status, a sentence that says what to do, and details. In whose envelope they are written is decided by the
//! path ([`ErrorStyle`]). Never a 5xx for a caller's mistake, because the official clients repeat those for up to an hour.

mod mistakes;
mod style;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};
use utoipa::openapi::{Content, Header, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{ToResponse, ToSchema};

pub(super) use self::style::{AnthropicEnvelope, Envelope, ErrorStyle};
use crate::completed_request::GenerationId;
use crate::gateway::Failure;
use crate::state::rate_limits::TooOften;
use crate::store;

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
    /// The request's name, where it is recorded.
    id: Option<GenerationId>,
}

impl Error {
    pub(super) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), metadata: None, headers: Vec::new(), id: None }
    }

    /// The key is missing, malformed, unknown or revoked: all the same to the caller.
    pub(super) fn unauthorized() -> Self {
        const MESSAGE: &str = "No valid API key came with this request. Send the header `Authorization: Bearer <key>` (or \
                               `x-api-key: <key>`) with a key from Settings › API keys.";
        Self::new(StatusCode::UNAUTHORIZED, MESSAGE).with(header::WWW_AUTHENTICATE, "Bearer")
    }

    /// The request presents several keys.
    pub(super) fn several_keys() -> Self {
        const MESSAGE: &str =
            "More than one API key came with this request, in `Authorization` and `x-api-key`. Send one.";
        Self::new(StatusCode::UNAUTHORIZED, MESSAGE).with(header::WWW_AUTHENTICATE, "Bearer")
    }

    /// The key is valid, but not for this.
    pub(super) fn forbidden(message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// The key, or keys that let nobody in from this address, came too often.
    pub(super) fn too_often(too_often: TooOften) -> Self {
        Failure::too_often(too_often).into()
    }

    /// A page of another site asks whether it may ask, and may not.
    pub(super) fn closed_to_browsers() -> Self {
        const MESSAGE: &str = "Pages of this site may not ask here. The operator of this server lets them with the setting \
                               TRACECAST_CORS_ORIGINS.";
        Self::new(StatusCode::FORBIDDEN, MESSAGE)
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

    /// The client was given a wrong base address. Under the right one it would have asked `path`.
    pub(super) fn wrong_base(server: &str, path: &str) -> Self {
        let advice = if path.starts_with("/messages") {
            format!("Anthropic's clients take {server}/api (or {server}) and add /v1/messages themselves")
        } else {
            format!("Give your client {server}/api/v1 (or {server}/v1), so that it asks {server}/api/v1{path}")
        };
        let message = format!("There is nothing at this address: the client's base address is not right. {advice}.");
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// `allowed` as in the header `Allow`.
    pub(super) fn method_not_allowed(allowed: &str) -> Self {
        let message = format!("This address takes {allowed} only. Use that method.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message).with(header::ALLOW, allowed)
    }

    /// The same with the name of the request that failed.
    pub(super) fn of(self, id: &GenerationId) -> Self {
        Self { id: Some(id.clone()), ..self }
    }

    /// A caller's mistake in a field.
    pub(super) fn invalid(field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).with_metadata(json!({ "field": field }))
    }

    /// Not in this state of things.
    pub(super) fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// The thing that an address names is none of the account's, whoever else's it is.
    pub(super) fn no_such(message: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The same with details for the caller's program.
    pub(super) fn with_metadata(self, metadata: Value) -> Self {
        Self { metadata: Some(metadata), ..self }
    }

    /// The answer in the language of the caller's client.
    pub(super) fn answer(&self, style: ErrorStyle) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        if let Some(id) = &self.id {
            response.insert_header((GENERATION_ID_HEADER, id.as_str()));
        }
        response.json(style.body(self))
    }

    /// A word that the model server gave its error, unless it was an error of another kind for us.
    fn own_word(&self, name: &str) -> Option<&str> {
        let upstream = self.metadata.as_ref()?.get("upstream")?;
        let is_same = upstream["status"] == self.status.as_u16();
        upstream[name].as_str().filter(|_| is_same)
    }

    /// The field that has to change.
    fn param(&self) -> Option<&str> {
        self.own_word("param").or_else(|| self.metadata.as_ref()?.get("field")?.as_str())
    }

    /// The same with a header more; a value that no header can hold is left out.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
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
        let headers = failure
            .headers
            .iter()
            .filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?)));
        Self { headers: headers.collect(), metadata: failure.metadata, ..Self::new(status, failure.message) }
    }
}

/// The database did not do what a flow asked of it.
impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the database did not do what the API asked");
        if error.is_unavailable() { Self::unavailable() } else { Self::internal() }
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

    /// Where no edge knows the path.
    fn error_response(&self) -> HttpResponse {
        self.answer(ErrorStyle::OpenRouter)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody as _;
    use serde_json::json;

    use super::*;
    use crate::gateway::PassedHeaders;

    fn text(error: &Error, style: ErrorStyle) -> String {
        let response = error.answer(style);
        assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/json");
        String::from_utf8(response.into_body().try_into_bytes().unwrap().to_vec()).unwrap()
    }

    fn refused(status: u16, upstream: &Value) -> Error {
        Error::from(Failure {
            status,
            kind: "429".into(),
            message: "Too many.".to_owned(),
            summary: "The upstream answered 429.".into(),
            metadata: Some(json!({ "upstream": upstream })),
            headers: PassedHeaders::retry_after(7),
        })
    }

    #[test]
    fn envelope_holds_code_message_type_param_and_metadata_and_nothing_else() {
        let bare = Error::new(StatusCode::NOT_FOUND, "There is \"nothing\" here.");
        let expected = r#"{"error":{"code":404,"message":"There is \"nothing\" here.","type":"invalid_request_error","param":null}}"#;
        assert_eq!(text(&bare, ErrorStyle::OpenRouter), expected);
        let error = Error { metadata: Some(json!({ "field": "model" })), ..bare };
        let expected = r#"{"error":{"code":404,"message":"There is \"nothing\" here.","type":"invalid_request_error","param":"model","metadata":{"field":"model"}}}"#;
        assert_eq!(text(&error, ErrorStyle::OpenRouter), expected);
    }

    #[test]
    fn failure_of_the_gateway_keeps_status_words_metadata_and_retry_after() {
        let error = refused(429, &json!({ "status": 429 }));
        let expected = r#"{"error":{"code":429,"message":"Too many.","type":"rate_limit_error","param":null,"metadata":{"upstream":{"status":429}}}}"#;
        assert_eq!(text(&error, ErrorStyle::OpenRouter), expected);
        assert_eq!(error.error_response().headers().get(header::RETRY_AFTER).unwrap(), "7");
    }

    #[test]
    fn openais_clients_get_the_model_servers_own_code_and_the_others_the_status() {
        let words = json!({ "status": 400, "type": "invalid_request_error", "code": "context_length_exceeded", "param": "messages" });
        let error = refused(400, &words);
        let body = |error, style| serde_json::from_str::<Value>(&text(error, style)).unwrap()["error"].clone();
        let of_openai = body(&error, ErrorStyle::OpenAi);
        assert_eq!((&of_openai["code"], &of_openai["param"]), (&json!("context_length_exceeded"), &json!("messages")));
        assert_eq!(body(&error, ErrorStyle::OpenRouter)["code"], 400);
        // The gateway's own key was refused: none of the caller's business.
        let of_another =
            refused(502, &json!({ "status": 401, "type": "authentication_error", "code": "invalid_api_key" }));
        let of_openai = body(&of_another, ErrorStyle::OpenAi);
        assert_eq!((&of_openai["code"], &of_openai["type"]), (&Value::Null, &json!("server_error")));
    }

    #[test]
    fn anthropics_clients_get_anthropics_shape_and_the_name_of_the_request() {
        let id = GenerationId::given("gen-1-x");
        let error = Error::new(StatusCode::SERVICE_UNAVAILABLE, "Busy.").of(&id);
        let expected =
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Busy."},"request_id":"gen-1-x"}"#;
        assert_eq!(text(&error, ErrorStyle::Anthropic), expected);
        let unnamed = text(&Error::unauthorized(), ErrorStyle::Anthropic);
        assert!(
            unnamed.contains(r#""type":"authentication_error""#) && unnamed.ends_with(r#""request_id":null}"#),
            "{unnamed}"
        );
    }

    #[test]
    fn header_value_with_a_line_break_is_left_out() {
        let error = Error::new(StatusCode::BAD_GATEWAY, "x").with(header::RETRY_AFTER, "1\r\nx: y");
        assert!(!error.error_response().headers().contains_key(header::RETRY_AFTER));
    }
}
