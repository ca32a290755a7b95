//! What became of the requests for a destination: its attempts, and its dead letters. Beyond OpenRouter.

pub(super) mod schema;

use actix_web::{HttpRequest, HttpResponse, web};

use self::schema::{Attempt, AttemptList, DeadLetter, DeadLetterList};
use super::destinations::schema::Deleted;
use super::destinations::{self, no_such};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::{Author, ManagementKey};
use super::query::Query;
use crate::broadcast::drop_dead_letters;
use crate::id::DestinationId;
use crate::state::State;
use crate::store::deliveries::{self, Before, Which};
use crate::store::log::Position;
use crate::store::{self, Tenant};

/// The attempts to deliver to a destination
///
/// The newest first. `next` names the place for `before` where older ones begin.
#[utoipa::path(
    get,
    path = "/observability/destinations/{id}/deliveries",
    operation_id = "listDeliveries",
    params(
        ("id" = String, Path, description = "Its id."),
        ("limit" = Option<u64>, Query, description = "How many to give; 50 where it is missing.", minimum = 1, maximum = 100),
        ("before" = Option<String>, Query, description = "`next` of the list before."),
    ),
    responses(
        (status = 200, description = "A part of the list.", body = AttemptList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let query = Query::of(&request);
    let page = query.page()?;
    let before = before(&query, Before::parse)?;
    let mut tenant = state.store.tenant(key.account).await?;
    let id = find(&mut tenant, &id).await?;
    let rows = deliveries::list(&mut tenant, id, Which::All, before, one_more(page.limit)).await?;
    let next = rows.get(page.limit.saturating_sub(1)).filter(|_| rows.len() > page.limit).map(|row| row.place().name());
    let data = rows.into_iter().take(page.limit).map(Attempt::from).collect();
    Ok(HttpResponse::Ok().json(AttemptList { data, next }))
}

/// The dead letters of a destination
///
/// Requests for which no further attempt is made, those of the newest requests first. `next` names the place for `before` where older
/// ones begin.
#[utoipa::path(
    get,
    path = "/observability/destinations/{id}/dead-letters",
    operation_id = "listDeadLetters",
    params(
        ("id" = String, Path, description = "Its id."),
        ("limit" = Option<u64>, Query, description = "How many to give; 50 where it is missing.", minimum = 1, maximum = 100),
        ("before" = Option<String>, Query, description = "`next` of the list before."),
    ),
    responses(
        (status = 200, description = "A part of the list.", body = DeadLetterList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index_of_dead_letters(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let query = Query::of(&request);
    let page = query.page()?;
    let before = before(&query, Position::parse)?.unwrap_or(Position::END);
    let mut tenant = state.store.tenant(key.account).await?;
    let id = find(&mut tenant, &id).await?;
    let rows = deliveries::list_dead_letters(&mut tenant, id, before, one_more(page.limit)).await?;
    let next = rows.get(page.limit.saturating_sub(1)).filter(|_| rows.len() > page.limit).map(|row| row.place().name());
    let data = rows.into_iter().take(page.limit).map(DeadLetter::from).collect();
    Ok(HttpResponse::Ok().json(DeadLetterList { data, next }))
}

/// Drop a dead letter
///
/// Its request is never sent to the destination, unless a replay chooses it. Its receipt says that it was dropped, the audit log by whom.
#[utoipa::path(
    delete,
    path = "/observability/destinations/{id}/dead-letters/{request}",
    operation_id = "dropDeadLetter",
    params(
        ("id" = String, Path, description = "The destination's id."),
        ("request" = String, Path, description = "The request's generation id."),
    ),
    responses(
        (status = 200, description = "It is dropped.", body = Deleted),
        ManagementErrorResponses,
    )
)]
pub(super) async fn remove_dead_letter(
    state: web::Data<State>,
    author: Author,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, request) = path.into_inner();
    // Postgres could not even be asked for a name with a NUL.
    let ids: Vec<String> = Some(request).filter(|request| !request.contains('\0')).into_iter().collect();
    let dropped = drop_dead_letters(&state, &author.actor, destinations::parse(&id)?, &ids).await?;
    match dropped.ok_or_else(no_such)? {
        0 => Err(Error::no_such(
            "There is no such dead letter. GET /api/v1/observability/destinations/{id}/dead-letters lists them.",
        )),
        _ => Ok(HttpResponse::Ok().json(Deleted { deleted: true })),
    }
}

/// The id of one of the account's destinations.
async fn find(tenant: &mut Tenant, id: &str) -> Result<DestinationId, Error> {
    let id = destinations::parse(id)?;
    let found = store::destinations::find(tenant, id).await?;
    found.map(|_| id).ok_or_else(no_such)
}

fn before<T>(query: &Query, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Error> {
    let wrong = || Error::invalid("before", "`before` must be `next` of the list before. Begin again without it.");
    query.get("before").map(|name| parse(name).ok_or_else(wrong)).transpose()
}

/// One row more than is shown says whether there are older ones.
fn one_more(limit: usize) -> i64 {
    i64::try_from(limit + 1).unwrap_or(i64::MAX)
}
