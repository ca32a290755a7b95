//! Destinations, as OpenRouter's clients manage them (spec 3.2).

mod description;
mod refusal;
pub(super) mod schema;
mod selection;
mod verdict;

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde_json::Map;

use self::description::describe;
use self::refusal::conclude;
pub(super) use self::refusal::{conflict, failed, refused};
use self::schema::{CreateDestination, Deleted, DestinationAnswer, DestinationList, UpdateDestination};
pub(super) use self::selection::{newer, read as chosen};
pub(super) use self::verdict::shown;
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::{Author, ManagementKey};
use super::input::{Input, required};
use super::query::Query;
use super::revision::{self, etag};
use crate::broadcast::listing::{self, Listed};
use crate::broadcast::{self, Saving, Typed, Untested};
use crate::destination::{Kind, Settings, config, kinds};
use crate::http::Incoming;
use crate::id::{AccountId, DestinationId};
use crate::state::State;
use crate::store::accounts;

/// The destinations
///
/// The oldest first.
#[utoipa::path(
    get,
    path = "/observability/destinations",
    operation_id = "listObservabilityDestinations",
    params(
        ("offset" = Option<u64>, Query, description = "How many to pass over.", minimum = 0),
        ("limit" = Option<u64>, Query, description = "How many to give; 50 where it is missing.", minimum = 1, maximum = 100),
        ("workspace_id" = Option<String>, Query, description = "Those of this workspace only. An account has one."),
    ),
    responses(
        (status = 200, description = "A part of the list, and how long the whole is.", body = DestinationList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Query::of(&request);
    let page = query.page()?;
    let is_other = query.get("workspace_id").is_some_and(|id| id.parse() != Ok(key.account));
    let listed = if is_other { Vec::new() } else { list(&state, key.account).await? };
    let total_count = listed.len();
    let data = page.of(&listed).map(|listed| describe(key.account, listed)).collect();
    Ok(HttpResponse::Ok().json(DestinationList { data, total_count }))
}

/// Create a destination
///
/// Tests the connection first. A test that fails answers 400 with its steps in `metadata.test`, and nothing is stored. Repeating
/// an identical request within a minute gives the destination that it made.
#[utoipa::path(
    post,
    path = "/observability/destinations",
    operation_id = "createObservabilityDestination",
    request_body = CreateDestination,
    responses(
        (status = 201, description = "The destination.", body = DestinationAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn create(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let account = author.actor.account;
    if input.text("workspace_id")?.is_some_and(|id| id.parse() != Ok(account)) {
        return Err(Error::invalid("workspace_id", "There is no such workspace. GET /api/v1/workspaces lists yours."));
    }
    let chosen = selection::read(&input, None)?;
    refuse_untested(&input)?;
    let (kind, settings) = configuration(&input)?;
    let typed = Typed {
        name: required("name", input.text("name")?)?,
        privacy_mode: input.flag("privacy_mode")?.unwrap_or_default(),
        enabled: input.flag("enabled")?,
        settings,
        chosen: chosen.borrowed(),
        may_repeat: true,
    };
    let connecting = broadcast::connect(&state, &author.actor, kind, &typed).await;
    let id = conclude(connecting)?;
    let listed = find(&state, account, &id.to_string()).await?;
    Ok(answer(HttpResponse::Created(), account, &listed))
}

/// One destination
#[utoipa::path(
    get,
    path = "/observability/destinations/{id}",
    operation_id = "getObservabilityDestination",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The destination. `ETag` names its revision.", body = DestinationAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn show(
    state: web::Data<State>,
    key: ManagementKey,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let listed = find(&state, key.account, &id).await?;
    Ok(answer(HttpResponse::Ok(), key.account, &listed))
}

/// Change a destination
///
/// What is missing stays. `config` is merged into the stored one, and a masked value means "unchanged". A changed configuration is
/// tested first, as when creating; a passed test also switches on a destination that the program switched off. Secrets have to be
/// sent again when the configuration leads to another server.
#[utoipa::path(
    patch,
    path = "/observability/destinations/{id}",
    operation_id = "updateObservabilityDestination",
    params(
        ("id" = String, Path, description = "Its id."),
        ("if-match" = Option<String>, Header, description = "The `ETag` that the change builds on. Another one answers 412."),
    ),
    request_body = UpdateDestination,
    responses(
        (status = 200, description = "The destination as it is now.", body = DestinationAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn update(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let account = author.actor.account;
    let listed = find(&state, account, &id).await?;
    refuse_untested(&input)?;
    change(&state, &author, &request, &listed, &input).await?;
    let listed = find(&state, account, &id).await?;
    Ok(answer(HttpResponse::Ok(), account, &listed))
}

/// Delete a destination
///
/// Its settings and secrets are erased. Requests that wait for it are not sent any more.
#[utoipa::path(
    delete,
    path = "/observability/destinations/{id}",
    operation_id = "deleteObservabilityDestination",
    params(
        ("id" = String, Path, description = "Its id."),
        ("if-match" = Option<String>, Header, description = "The `ETag` of what is to be deleted. Another one answers 412."),
    ),
    responses(
        (status = 200, description = "It is gone.", body = Deleted),
        ManagementErrorResponses,
    )
)]
pub(super) async fn remove(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let listed = find(&state, author.actor.account, &id).await?;
    revision::check(&request, listed.destination.revision)?;
    let removed = broadcast::remove(&state, &author.actor, listed.destination.id).await?;
    removed.then(|| HttpResponse::Ok().json(Deleted { deleted: true })).ok_or_else(no_such)
}

/// What is to be changed of a destination, through the flow that it needs. A body with a mistake is refused before one that builds on
/// another revision (RFC 9110, 13.2.1).
async fn change(
    state: &State,
    author: &Author,
    request: &HttpRequest,
    listed: &Listed,
    input: &Input,
) -> Result<(), Error> {
    let stored = &listed.destination;
    let kind = kinds::find(&stored.kind).ok_or_else(no_such)?;
    let none = Map::new();
    let settings = config::read(kind, input.object("config")?.unwrap_or(&none), Some(stored.known()))?;
    let chosen = selection::read(input, Some(stored))?;
    let chosen = chosen.borrowed();
    let name = input.text("name")?.unwrap_or(&stored.name);
    let privacy_mode = input.flag("privacy_mode")?.unwrap_or(stored.privacy_mode);
    let enabled = input.flag("enabled")?;
    revision::check(request, stored.revision)?;
    let wakes = enabled == Some(true) && stored.switched_off_at.is_some();
    let (actor, revision) = (&author.actor, stored.revision);
    if wakes || kind.requires_test(&settings, &stored.settings.0, &stored.masked.0) {
        let typed = Typed { name, privacy_mode, enabled, settings, chosen, may_repeat: false };
        let connecting = broadcast::reconnect(state, actor, kind, stored, revision, &typed).await;
        return conclude(connecting).map(drop);
    }
    let is_same = (name, privacy_mode) == (stored.name.as_str(), stored.privacy_mode)
        && enabled.is_none_or(|enabled| enabled == stored.enabled)
        && chosen.is_stored(stored)
        && kind.keeps_defaults(&settings, &stored.settings.0);
    if is_same {
        return Ok(());
    }
    let typed = Untested { name, privacy_mode, enabled, chosen, defaults: settings };
    match broadcast::save(state, actor, kind, stored, revision, &typed).await.map_err(refused)? {
        Saving::Saved => Ok(()),
        Saving::Conflict => Err(conflict()),
        Saving::Gone => Err(no_such()),
    }
}

/// The kind and the values of a configuration that is not stored.
pub(super) fn configuration(input: &Input) -> Result<(&'static Kind, Settings), Error> {
    let config = required("config", input.object("config")?)?;
    let kind = config::kind(required("type", input.text("type")?)?, config)?;
    Ok((kind, config::read(kind, config, None)?))
}

/// Every kind of ours is tested before it is stored.
fn refuse_untested(input: &Input) -> Result<(), Error> {
    match input.flag("test")? {
        Some(false) => Err(Error::invalid("test", "Nothing is stored without a connection test. Leave `test` out.")),
        _ => Ok(()),
    }
}

async fn list(state: &State, account: AccountId) -> Result<Vec<Listed>, Error> {
    let mut tenant = state.store.tenant(account).await?;
    let owner = accounts::find(&mut tenant).await?.ok_or_else(Error::unauthorized)?;
    Ok(listing::list(&mut tenant, &owner, state.clock.now()).await?)
}

/// One of the account's. The ids of others are as unknown as those of nobody.
pub(super) async fn find(state: &State, account: AccountId, id: &str) -> Result<Listed, Error> {
    let id = parse(id)?;
    let mut tenant = state.store.tenant(account).await?;
    let owner = accounts::find(&mut tenant).await?.ok_or_else(Error::unauthorized)?;
    listing::find(&mut tenant, id, &owner, state.clock.now()).await?.ok_or_else(no_such)
}

pub(super) fn answer(mut response: HttpResponseBuilder, account: AccountId, listed: &Listed) -> HttpResponse {
    response.insert_header((ETAG, etag(listed.destination.revision)));
    response.json(DestinationAnswer { data: describe(account, listed) })
}

pub(super) fn parse(id: &str) -> Result<DestinationId, Error> {
    id.parse().map_err(|_| no_such())
}

pub(super) fn no_such() -> Error {
    Error::no_such("There is no such destination. GET /api/v1/observability/destinations lists yours.")
}
