//! `POST /api/v1/chat/completions`: from HTTP to the gateway and back.

#[expect(dead_code, reason = "read by the derives of the OpenAPI document only")]
pub(super) mod schema;

use std::convert::Infallible;

use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;

use self::schema::{ChatCompletion, ChatCompletionChunk, ChatRequest};
use super::body::{self, NoBody};
use super::error::{DescribedId, Error, GENERATION_ID_HEADER};
use super::extract::InferenceKey;
use crate::completed_request::GenerationId;
use crate::gateway::{Answer, Caller, CallerHeaders, Gateway};
use crate::http::Incoming;
use crate::http::body::Unread;

const ANSWER: &str = "The model's answer, whole or (with `stream`) as server-sent events that end with `data: [DONE]`. The last \
                      chunk before it carries `usage`. If the answer breaks off, the last chunk carries `error` and the finish \
                      reason `error`.";

/// The route as it is recorded: the pattern, which is the same for all callers.
fn route(request: &HttpRequest) -> &'static str {
    if request.path().starts_with("/api/") { "/api/v1/chat/completions" } else { "/v1/chat/completions" }
}

/// Ask a model
///
/// Takes what OpenAI's chat completions take, and three more fields for the trace: `user`, `session_id` and `trace`. The request
/// goes to the operator's model server without `session_id` and `trace`; the answer comes back as the model server gives it, with
/// `id` replaced by the name of the request (also in the header `X-Generation-Id`) and `usage.cost` in USD where it is known.
/// Without a model server, the built-in `demo/echo` answers.
///
/// A body may be 20 MiB long and 126 levels deep. It must arrive within 30 seconds.
#[utoipa::path(
    post,
    path = "/chat/completions",
    operation_id = "createChatCompletion",
    params(
        ("x-session-id" = Option<String>, Header, description = "The session, where the body has no `session_id`."),
        (
            "traceparent" = Option<String>, Header, example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            description = "W3C Trace Context: the trace and the parent span, where `trace` gives none."
        ),
    ),
    request_body = ChatRequest,
    responses(
        (
            status = 200, description = ANSWER, headers(("X-Generation-Id" = DescribedId)),
            content((ChatCompletion = "application/json"), (ChatCompletionChunk = "text/event-stream")),
        ),
        (status = 400, response = Error),
        (status = 401, response = Error),
        (status = 403, response = Error),
        (status = 408, response = Error),
        (status = 413, response = Error),
        (status = 415, response = Error),
        (status = 421, response = Error),
        (status = 429, response = Error),
        (status = 500, response = Error),
        (status = 502, response = Error),
        (status = 503, response = Error),
        (status = 504, response = Error),
    )
)]
pub(super) async fn create(
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    mut incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let key = match incoming.beside(InferenceKey::of(&request)).await {
        Ok(key) => key?,
        Err(broken) => {
            return Err(match Unread::Broken(broken).into() {
                NoBody::Refused(failure) => failure.into(),
                NoBody::Gone => nobody_reads_this(),
            });
        }
    };
    let caller =
        Caller { account: key.account, api_key: key.key, route: route(&request), headers: caller_headers(&request) };
    let mut exchange = gateway.receive(caller).map_err(|error| {
        tracing::error!(%error, "a request could not be named");
        Error::unavailable()
    })?;
    let id = exchange.id().clone();
    let body = match body::read(&request, incoming, exchange.room()).await {
        Ok(body) => body,
        Err(NoBody::Refused(failure)) => return Err(Error::from(exchange.refuse(failure).await).of(&id)),
        Err(NoBody::Gone) => return Err(nobody_reads_this()),
    };
    match gateway.answer(exchange, body).await {
        Ok(answer) => Ok(response(answer, &id)),
        Err(failure) => Err(Error::from(failure).of(&id)),
    }
}

/// The caller went away. Dropping the exchange records the request as cancelled.
fn nobody_reads_this() -> Error {
    Error::new(StatusCode::BAD_REQUEST, "The body broke off. Send it again.")
}

fn caller_headers(request: &HttpRequest) -> CallerHeaders {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    CallerHeaders { session_id: header("x-session-id"), traceparent: header("traceparent") }
}

fn response(answer: Answer, id: &GenerationId) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK));
    response.insert_header((GENERATION_ID_HEADER, id.as_str()));
    if let Ok(content_type) = HeaderValue::from_str(&answer.content_type) {
        response.insert_header((CONTENT_TYPE, content_type));
    }
    let body = answer.body.map(Ok::<_, Infallible>);
    if let Some(length) = answer.length {
        return response.body(SizedStream::new(length as u64, body));
    }
    // nginx and others would otherwise gather the events before they pass them on.
    response.insert_header(("x-accel-buffering", "no"));
    response.body(BodyStream::new(body))
}
