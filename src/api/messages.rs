//! `POST /messages`, and how the OpenAPI document describes it.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::ask::ask;
use super::chat_completions::schema::Trace;
use super::error::{DescribedId, Error};
use super::error_responses::AnthropicErrorResponses;
use crate::gateway::{CountTokens, Gateway, Messages};
use crate::http::Incoming;

#[expect(dead_code, reason = "read by the derives of the OpenAPI document only")]
#[derive(Deserialize, ToSchema)]
pub(super) struct MessagesRequest {
    model: Option<String>,
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    /// Not needed to count tokens.
    max_tokens: i64,
    /// A text, or blocks of texts.
    #[schema(value_type = Option<Value>)]
    system: Option<Value>,
    #[schema(default = false)]
    stream: Option<bool>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<f64>,
    stop_sequences: Option<Vec<String>>,
    /// Passed on; the model server looks into them.
    tools: Option<Vec<Value>>,
    /// `user_id` is your user, where `user` is missing.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Your user; becomes `user.id`. Cut to 128 characters. Not passed on.
    user: Option<String>,
    /// Your conversation; becomes `session.id`. Cut to 256 characters. Not passed on.
    session_id: Option<String>,
    trace: Option<Trace>,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

/// Ask a model through Anthropic's messages
///
/// Takes what Anthropic's `/messages` takes, and `user`, `session_id` and `trace`, which are not passed on. The answer comes back as
/// the model server gives it.
#[utoipa::path(
    post,
    path = "/messages",
    operation_id = "createMessage",
    request_body = MessagesRequest,
    responses(
        (
            status = 200, description = "The message, whole or (with `stream`) as its named events. If the answer breaks off, the last event is `error`.",
            headers(("X-Generation-Id" = DescribedId)), body = Object, content_type = "application/json",
        ),
        AnthropicErrorResponses,
    )
)]
pub(super) async fn create(
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    ask(&Messages, request, gateway, incoming).await
}

/// Count the tokens of Anthropic's messages
///
/// Passes the question on to the model server. It is not recorded.
#[utoipa::path(
    post,
    path = "/messages/count_tokens",
    operation_id = "countMessageTokens",
    request_body = MessagesRequest,
    responses(
        (status = 200, description = "As the model server counts.", body = Object, content_type = "application/json"),
        AnthropicErrorResponses,
    )
)]
pub(super) async fn count_tokens(
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    ask(&CountTokens, request, gateway, incoming).await
}
