//! The models that can be asked for: `/models`, one of them, their number, and the same list for embeddings.

#[expect(dead_code, reason = "read by the derives of the OpenAPI document only")]
pub(super) mod schema;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::json;

use self::schema::{Model, ModelCount, ModelList};
use super::error::Error;
use super::error_responses::ListErrorResponses;
use super::extract::AnyKey;
use crate::gateway::Gateway;

/// The models
///
/// What the model server lists, kept for a minute; for an hour while it does not answer. Each entry is the model server's own object and
/// what it lacks of what OpenAI's and OpenRouter's clients read. A price that nobody knows is `0`.
#[utoipa::path(
    get,
    path = "/models",
    operation_id = "listModels",
    responses(
        (status = 200, description = "The list.", body = ModelList),
        ListErrorResponses,
    )
)]
pub(super) async fn index(_: AnyKey, gateway: web::Data<Gateway>) -> Result<HttpResponse, Error> {
    let models = gateway.models().await?;
    let entries = models.iter().map(|model| model.json.as_str()).collect::<Vec<_>>().join(",");
    let total = models.len();
    Ok(answer(format!(r#"{{"object":"list","data":[{entries}],"total_count":{total},"links":{{"next":null}}}}"#)))
}

/// The models, for clients that look for embeddings
///
/// The same list: model servers do not say which of their models embed.
#[utoipa::path(
    get,
    path = "/embeddings/models",
    operation_id = "listEmbeddingsModels",
    responses(
        (status = 200, description = "The list.", body = ModelList),
        ListErrorResponses,
    )
)]
pub(super) async fn index_of_embeddings(key: AnyKey, gateway: web::Data<Gateway>) -> Result<HttpResponse, Error> {
    index(key, gateway).await
}

/// How many models there are
#[utoipa::path(
    get,
    path = "/models/count",
    operation_id = "countModels",
    responses(
        (status = 200, description = "Their number.", body = ModelCount),
        ListErrorResponses,
    )
)]
pub(super) async fn count(_: AnyKey, gateway: web::Data<Gateway>) -> Result<HttpResponse, Error> {
    let count = gateway.models().await?.len();
    Ok(answer(json!({ "data": { "count": count } }).to_string()))
}

/// One model
#[utoipa::path(
    get,
    path = "/models/{id}",
    operation_id = "getModel",
    params(("id" = String, Path, description = "Its name. A slash in it may be written as it is, or as `%2F`.", example = "openai/gpt-4o")),
    responses(
        (status = 200, description = "Its entry in the list.", body = Model),
        ListErrorResponses,
        (status = 404, response = Error),
    )
)]
pub(super) async fn show(_: AnyKey, gateway: web::Data<Gateway>, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let model = gateway.models().await?.into_iter().find(|model| model.id == *id);
    let unknown = || {
        let message =
            format!("No model `{id}` is listed here. GET /api/v1/models has the names that can be asked for.");
        Error::new(StatusCode::NOT_FOUND, message)
    };
    model.map(|model| answer(model.json)).ok_or_else(unknown)
}

fn answer(json: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(json)
}
