//! The account as OpenRouter's clients see it: one workspace, whose Enable Broadcast switch they turn (spec 3.3).

pub(super) mod schema;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use self::schema::{UpdateWorkspace, Workspace, WorkspaceAnswer, WorkspaceList};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::{Author, ManagementKey};
use super::input::Input;
use super::query::Query;
use crate::auth::{account, content};
use crate::broadcast;
use crate::http::Incoming;
use crate::id::AccountId;
use crate::state::State;
use crate::store::accounts::{self, Account, ContentReaders};

/// The workspaces
///
/// Every account has one, with the account's id and name.
#[utoipa::path(
    get,
    path = "/workspaces",
    operation_id = "listWorkspaces",
    params(
        ("offset" = Option<u64>, Query, description = "How many to pass over.", minimum = 0),
        ("limit" = Option<u64>, Query, description = "How many to give; 50 where it is missing.", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "The list.", body = WorkspaceList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let page = Query::of(&request).page()?;
    let account = find(&state, key.account).await?;
    let data = page.of([account]).map(Workspace::of).collect();
    Ok(HttpResponse::Ok().json(WorkspaceList { data, total_count: 1 }))
}

/// One workspace
#[utoipa::path(
    get,
    path = "/workspaces/{id}",
    operation_id = "getWorkspace",
    params(("id" = String, Path, description = "Its id, or its slug, `default`.")),
    responses(
        (status = 200, description = "The workspace.", body = WorkspaceAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn show(
    state: web::Data<State>,
    key: ManagementKey,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    answer(&state, key.account, &id).await
}

/// Change the workspace
///
/// `is_observability_broadcast_enabled` is the Enable Broadcast switch: requests that complete from now on become traces, or do not.
/// Members that have always the same value here cannot be changed (400).
#[utoipa::path(
    patch,
    path = "/workspaces/{id}",
    operation_id = "updateWorkspace",
    params(("id" = String, Path, description = "Its id, or its slug, `default`.")),
    request_body = UpdateWorkspace,
    responses(
        (status = 200, description = "The workspace as it is now.", body = WorkspaceAnswer),
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
    let actor = &author.actor;
    let before = Workspace::of(one(&state, actor.account, &id).await?);
    let (broadcast, privacy_mode) = (input.flag("is_observability_broadcast_enabled")?, input.flag("privacy_mode")?);
    let name = input.text("name")?;
    let readers = input.text("content_readers")?.map(readers).transpose()?;
    refuse_fixed(&input, &before)?;
    if let Some(name) = name.filter(|name| *name != before.name) {
        account::rename(&state, actor, name).await?;
    }
    if let Some(enabled) = broadcast {
        broadcast::switch(&state, actor, enabled).await?;
    }
    if let Some(private) = privacy_mode {
        broadcast::set_privacy(&state, actor, private).await?;
    }
    if let Some(readers) = readers {
        content::set_readers(&state, actor, readers).await?;
    }
    answer(&state, actor.account, &id).await
}

fn readers(name: &str) -> Result<ContentReaders, Error> {
    let unknown = || Error::invalid("content_readers", "`content_readers` is `nobody`, `admins` or `members`.");
    ContentReaders::named(name).ok_or_else(unknown)
}

/// Members that can be changed.
const CHANGED: [&str; 4] = ["name", "is_observability_broadcast_enabled", "privacy_mode", "content_readers"];

/// Members that could be changed at OpenRouter, and have always the same value here.
fn refuse_fixed(input: &Input, before: &Workspace) -> Result<(), Error> {
    let before = serde_json::to_value(before).unwrap_or_default();
    let fixed = before.as_object().into_iter().flatten().filter(|(name, _)| !CHANGED.contains(&name.as_str()));
    for (name, value) in fixed {
        let is_same = |given: &Value| given == value || (given.is_number() && given.as_f64() == value.as_f64());
        if input.get(name).is_some_and(|given| !is_same(given)) {
            return Err(Error::invalid(name, format!("`{name}` is always {} here. Leave it out.", json!(value))));
        }
    }
    Ok(())
}

async fn answer(state: &State, account: AccountId, id: &str) -> Result<HttpResponse, Error> {
    let data = Workspace::of(one(state, account, id).await?);
    Ok(HttpResponse::Ok().json(WorkspaceAnswer { data }))
}

/// The account's own workspace. Others are as unknown as none.
async fn one(state: &State, account: AccountId, id: &str) -> Result<Account, Error> {
    let is_own = id == Workspace::SLUG || id.parse() == Ok(account);
    if is_own { find(state, account).await } else { Err(no_such()) }
}

async fn find(state: &State, account: AccountId) -> Result<Account, Error> {
    let mut tenant = state.store.tenant(account).await?;
    accounts::find(&mut tenant).await?.ok_or_else(Error::unauthorized)
}

fn no_such() -> Error {
    Error::no_such("There is no such workspace. GET /api/v1/workspaces lists yours.")
}
