//! `POST /responses`, and how the OpenAPI document describes it.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::ask::ask;
use super::chat_completions::schema::Trace;
use super::error::{DescribedId, Error};
use super::error_responses::ErrorResponses;
use crate::gateway::{Gateway, Responses};
use crate::http::Incoming;

#[expect(dead_code, reason = "read by the derives of the OpenAPI document only")]
#[derive(Deserialize, ToSchema)]
pub(super) struct ResponsesRequest {
    model: Option<String>,
    /// A text, or items. May be missing where `previous_response_id`, `conversation` or `prompt` stands for it.
    #[schema(value_type = Option<Value>)]
    input: Option<Value>,
    instructions: Option<String>,
    previous_response_id: Option<String>,
    #[schema(default = false)]
    stream: Option<bool>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_output_tokens: Option<i64>,
    #[schema(value_type = Option<Object>)]
    text: Option<Value>,
    /// Passed on; the model server looks into them.
    tools: Option<Vec<Value>>,
    /// Your user; becomes `user.id`. Cut to 128 characters.
    user: Option<String>,
    /// As `user`, where that is missing.
    safety_identifier: Option<String>,
    /// Your conversation; becomes `session.id`. Cut to 256 characters. Not passed on.
    session_id: Option<String>,
    trace: Option<Trace>,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

/// Ask a model through OpenAI's responses
///
/// Takes what OpenAI's `/responses` takes, and `session_id` and `trace`, which are not passed on. The answer comes back as the model
/// server gives it, with `usage.cost` in USD where it is known. Its `id` stays, so that `previous_response_id` can refer to it.
#[utoipa::path(
    post,
    path = "/responses",
    operation_id = "createResponse",
    request_body = ResponsesRequest,
    responses(
        (
            status = 200, description = "The response, whole or (with `stream`) as its named events. If the answer breaks off, the last event is `error`.",
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
    ask(&Responses, request, gateway, incoming).await
}
