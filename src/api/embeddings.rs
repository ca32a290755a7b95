//! `POST /embeddings`, and how the OpenAPI document describes it.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::ask::ask;
use super::chat_completions::schema::Trace;
use super::error::{DescribedId, Error};
use super::error_responses::ErrorResponses;
use crate::gateway::{Embeddings, Gateway};
use crate::http::Incoming;

#[expect(dead_code, reason = "read by the derives of the OpenAPI document only")]
#[derive(Deserialize, ToSchema)]
pub(super) struct EmbeddingsRequest {
    model: Option<String>,
    /// A text, an array of texts, an array of tokens, or an array of arrays of tokens: 2,048 entries at most.
    input: Value,
    dimensions: Option<i64>,
    encoding_format: Option<String>,
    /// Your user; becomes `user.id`. Cut to 128 characters.
    user: Option<String>,
    /// Your conversation; becomes `session.id`. Cut to 256 characters. Not passed on.
    session_id: Option<String>,
    trace: Option<Trace>,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

/// Embed texts
///
/// Takes what OpenAI's `/embeddings` take, and `session_id` and `trace`, which are not passed on. Vectors are not recorded.
#[utoipa::path(
    post,
    path = "/embeddings",
    operation_id = "createEmbeddings",
    request_body = EmbeddingsRequest,
    responses(
        (
            status = 200, description = "The vectors as the model server gives them, with `id` replaced by the name of the request and `usage.cost` in USD where it is known.",
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
    ask(&Embeddings, request, gateway, incoming).await
}
