//! What is known of one completed request (spec 3.3). Its content has an operation of its own.

pub(super) mod chat;
pub(super) mod content;
pub(super) mod schema;

use actix_web::{HttpRequest, HttpResponse, web};

use self::schema::{Generation, GenerationAnswer};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::AnyKey;
use super::input::required;
use super::query::Query;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::state::State;
use crate::store::log;

/// One completed request
///
/// By the name that its answer had, `gen-…`, as soon as it is recorded and for as long as the log is kept. With any key of the account.
#[utoipa::path(
    get,
    path = "/generation",
    operation_id = "getGeneration",
    params(("id" = String, Query, description = "The `id` of the answer, also in its header `X-Generation-Id`.")),
    responses(
        (status = 200, description = "What is known of it.", body = GenerationAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn show(
    state: web::Data<State>,
    AnyKey(identity): AnyKey,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Query::of(&request);
    let id = GenerationId::given(required("id", query.get("id"))?);
    let begun = id.begun().ok_or_else(no_such)?;
    let mut tenant = state.store.tenant(identity.account).await?;
    let recorded = log::find_recorded(&mut tenant, &id, begun, false).await?.ok_or_else(no_such)?;
    let completed = CompletedRequest::from_bytes(&recorded.payload).map_err(|error| {
        tracing::error!(%error, %id, "a recorded request cannot be read");
        no_such()
    })?;
    Ok(HttpResponse::Ok().json(GenerationAnswer { data: Generation::of(identity.account, &completed) }))
}

fn no_such() -> Error {
    Error::no_such("There is no such request in the log of this account. A request is there a moment after its answer.")
}
