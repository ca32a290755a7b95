//! `POST /completions`, and how the OpenAPI document describes it.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::ask::ask;
use super::chat_completions::schema::{Stop, Trace};
use super::error::{DescribedId, Error};
use super::error_responses::ErrorResponses;
use crate::gateway::{Completions, Gateway};
use crate::http::Incoming;

#[expect(dead_code, reason = "read by the derives of the OpenAPI document only")]
#[derive(Deserialize, ToSchema)]
pub(super) struct CompletionRequest {
    model: Option<String>,
    /// A text, an array of texts, an array of tokens, or an array of arrays of tokens: 2,048 entries at most.
    prompt: Value,
    #[schema(default = false)]
    stream: Option<bool>,
    #[schema(value_type = Option<Object>)]
    stream_options: Option<Value>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<f64>,
    max_tokens: Option<i64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    #[schema(inline)]
    stop: Option<Stop>,
    seed: Option<i64>,
    n: Option<i64>,
    /// Your user; becomes `user.id`. Cut to 128 characters.
    user: Option<String>,
    /// Your conversation; becomes `session.id`. Cut to 256 characters. Not passed on.
    session_id: Option<String>,
    trace: Option<Trace>,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

/// Complete a text
///
/// Takes what OpenAI's older `/completions` take, and `session_id` and `trace`, which are not passed on.
#[utoipa::path(
    post,
    path = "/completions",
    operation_id = "createCompletion",
    request_body = CompletionRequest,
    responses(
        (
            status = 200, description = "The completion, whole or (with `stream`) as server-sent events that end with `data: [DONE]`, as chat completions.",
            headers(("X-Generation-Id" = DescribedId)), body = Object, content_type = "application/json",
        ),
        ErrorResponses,
    )
)]
pub(super) async fn create(
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    ask(&Completions, request, gateway, incoming).await
}
