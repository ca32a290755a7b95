//! The history of a destination's settings, and the way back (spec 10.3). Beyond OpenRouter.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::destinations::schema::DestinationAnswer;
use super::destinations::{answer, conflict, failed, find, no_such, refused};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::{Author, ManagementKey};
use super::revision;
use super::timestamp::timestamp;
use crate::broadcast::history::{self, Restoring, Version};
use crate::destination::kinds;
use crate::state::State;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RevisionList)]
pub(super) struct RevisionList {
    data: Vec<ShownRevision>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Revision)]
pub(super) struct ShownRevision {
    revision: i32,
    #[schema(format = "date-time")]
    created_at: String,
    /// A person or key, by the name of that time. Null: the program itself, or an older version recorded it.
    changed_by: Option<String>,
    /// What differs from the revision before, as it was. Null: this is the oldest that is known.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// The same, as it became. Secrets are masked.
    #[schema(value_type = Object)]
    after: Value,
}

/// What a destination's settings were
///
/// The newest 50 revisions, the newest first, as far as deliveries may name them.
#[utoipa::path(
    get,
    path = "/observability/destinations/{id}/revisions",
    operation_id = "listRevisions",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The revisions.", body = RevisionList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(
    state: web::Data<State>,
    key: ManagementKey,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let listed = find(&state, key.account, &id).await?;
    let mut tenant = state.store.tenant(key.account).await?;
    let versions = history::list(&mut tenant, listed.destination.id).await?;
    Ok(HttpResponse::Ok().json(RevisionList { data: versions.into_iter().map(ShownRevision::from).collect() }))
}

/// Go back to a revision
///
/// Makes its settings those of a new revision. Secrets stay as they are. Settings that lead elsewhere are tested first, as when they are
/// changed.
#[utoipa::path(
    post,
    path = "/observability/destinations/{id}/revisions/{revision}/restore",
    operation_id = "restoreRevision",
    params(
        ("id" = String, Path, description = "Its id."),
        ("revision" = i32, Path, description = "The revision to go back to."),
        ("if-match" = Option<String>, Header, description = "The `ETag` that the change builds on. Another one answers 412."),
    ),
    responses(
        (status = 200, description = "The destination as it is now.", body = DestinationAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn restore(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, wanted) = path.into_inner();
    let account = author.actor.account;
    let listed = find(&state, account, &id).await?;
    let destination = &listed.destination;
    let kind = kinds::find(&destination.kind).ok_or_else(no_such)?;
    let wanted = wanted.parse().map_err(|_| no_revision())?;
    revision::check(&request, listed.destination.revision)?;
    let which = (destination.revision, wanted);
    match history::restore(&state, &author.actor, kind, destination, which).await.map_err(refused)? {
        Restoring::Restored => {}
        Restoring::Failed(verdict) => return Err(failed(&verdict)),
        Restoring::Conflict => return Err(conflict()),
        Restoring::Gone => return Err(no_revision()),
        Restoring::Unreadable(sentence) => return Err(Error::conflict(sentence)),
    }
    let listed = find(&state, account, &id).await?;
    Ok(answer(HttpResponse::Ok(), account, &listed))
}

impl From<Version> for ShownRevision {
    fn from(version: Version) -> Self {
        let Version { revision, before, after } = version;
        Self {
            revision: revision.revision,
            created_at: timestamp(revision.created_at),
            changed_by: revision.who,
            before,
            after,
        }
    }
}

fn no_revision() -> Error {
    Error::no_such("There is no such revision. GET /api/v1/observability/destinations/{id}/revisions lists them.")
}
