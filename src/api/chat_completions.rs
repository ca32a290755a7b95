//! `POST /chat/completions`, and how the OpenAPI document describes it.

#[expect(dead_code, reason = "read by the derives of the OpenAPI document only")]
pub(super) mod schema;

use actix_web::{HttpRequest, HttpResponse, web};

use self::schema::{ChatCompletion, ChatCompletionChunk, ChatRequest};
use super::ask::ask;
use super::error::{DescribedId, Error};
use super::error_responses::ErrorResponses;
use crate::gateway::{ChatCompletions, Gateway};
use crate::http::Incoming;

const ANSWER: &str = "The model's answer, whole or (with `stream`) as server-sent events that end with `data: [DONE]`. The last \
                      chunk before it carries `usage`. If the answer breaks off, the last chunk carries `error` and the finish \
                      reason `error`.";

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
        (
            "x-session-id" = Option<String>, Header,
            description = "The session, where the body has no `session_id`. Also `session-id` and `x-claude-code-session-id`."
        ),
        (
            "traceparent" = Option<String>, Header, example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            description = "W3C Trace Context: the trace and the parent span, where `trace` gives none."
        ),
        (
            "sentry-trace" = Option<String>, Header, example = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            description = "What Sentry's SDKs send: the same, where there is no valid `traceparent`."
        ),
    ),
    request_body = ChatRequest,
    responses(
        (
            status = 200, description = ANSWER, headers(("X-Generation-Id" = DescribedId)),
            content((ChatCompletion = "application/json"), (ChatCompletionChunk = "text/event-stream")),
        ),
        ErrorResponses,
    )
)]
pub(super) async fn create(
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    ask(&ChatCompletions, request, gateway, incoming).await
}
