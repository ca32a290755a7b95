//! API keys: made, listed, disabled and revoked by programs (spec 3.3).

pub(super) mod schema;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde_json::Value;

use self::schema::{CreateKey, Key, KeyList, ListedKeyAnswer, NewKeyAnswer, UpdateKey};
use super::destinations::schema::Deleted;
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::{Author, ManagementKey};
use super::input::{Input, required};
use super::query::Query;
use crate::auth::api_keys::{self, KeyEdit};
use crate::http::Incoming;
use crate::id::AccountId;
use crate::state::State;
use crate::store;
use crate::store::api_keys::ListedKey;
use crate::token::{ApiKeyType, TokenHash};

/// What OpenRouter's keys have, and ours have not.
const WITHOUT: [&str; 3] = ["limit", "limit_reset", "external"];

/// The keys
///
/// Inference and management keys that are not revoked, the newest first. What was spent is at most a minute old, as far as the log is
/// kept.
#[utoipa::path(
    get,
    path = "/keys",
    operation_id = "listKeys",
    params(
        ("offset" = Option<u64>, Query, description = "How many to pass over.", minimum = 0),
        ("limit" = Option<u64>, Query, description = "How many to give; 50 where it is missing.", minimum = 1, maximum = 100),
        ("include_disabled" = Option<bool>, Query, description = "`false` leaves disabled keys out."),
    ),
    responses(
        (status = 200, description = "A part of the list, and how long the whole is.", body = KeyList),
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
    let are_all_wanted = query.flag("include_disabled")?.unwrap_or(true);
    let spent = api_keys::spent_by_key(&state, key.account).await?;
    let keys = store::api_keys::list(&mut state.store.tenant(key.account).await?).await?;
    let keys: Vec<_> = keys.into_iter().filter(|key| are_all_wanted || key.disabled_at.is_none()).collect();
    let total_count = keys.len();
    let data = page.of(&keys).map(|listed| Key::of(key.account, listed, &spent)).collect();
    Ok(HttpResponse::Ok().json(KeyList { data, total_count }))
}

/// Create an inference key
///
/// `key` is shown this once. Management keys are made on the page, which asks for the password.
#[utoipa::path(
    post,
    path = "/keys",
    operation_id = "createKey",
    request_body = CreateKey,
    responses(
        (status = 201, description = "The key.", body = NewKeyAnswer),
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
    refuse_limits(&input)?;
    let name = required("name", input.text("name")?)?;
    let expires_at = input.text("expires_at")?.map(parse_time).transpose()?;
    let inference = ApiKeyType::Inference;
    let made = api_keys::create_until(&state, &author.actor, inference, name, expires_at).await?;
    let data = described(&state, account, &made.hash()).await?;
    Ok(HttpResponse::Created().json(NewKeyAnswer { data, key: made.reveal().to_owned() }))
}

/// One key
#[utoipa::path(
    get,
    path = "/keys/{hash}",
    operation_id = "getKey",
    params(("hash" = String, Path, description = "SHA-256 of the whole key, in hexadecimal digits.")),
    responses(
        (status = 200, description = "The key.", body = ListedKeyAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn show(
    state: web::Data<State>,
    key: ManagementKey,
    hash: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let data = described(&state, key.account, &parse(&hash)?).await?;
    Ok(HttpResponse::Ok().json(ListedKeyAnswer { data }))
}

/// Rename, disable or enable a key
///
/// A disabled key lets nobody in, within a second on every process, until it is enabled again.
#[utoipa::path(
    patch,
    path = "/keys/{hash}",
    operation_id = "updateKeys",
    params(("hash" = String, Path, description = "SHA-256 of the whole key, in hexadecimal digits.")),
    request_body = UpdateKey,
    responses(
        (status = 200, description = "The key as it is now.", body = ListedKeyAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn update(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
    hash: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let hash = parse(&hash)?;
    let found = find(&state, author.actor.account, &hash).await?;
    refuse_limits(&input)?;
    let edit = KeyEdit { name: input.text("name")?, disabled: input.flag("disabled")? };
    if !api_keys::edit(&state, &author.actor, found.id, edit).await? {
        return Err(no_such());
    }
    let data = described(&state, author.actor.account, &hash).await?;
    Ok(HttpResponse::Ok().json(ListedKeyAnswer { data }))
}

/// Revoke a key
///
/// It is refused within a second on every process, for ever.
#[utoipa::path(
    delete,
    path = "/keys/{hash}",
    operation_id = "deleteKeys",
    params(("hash" = String, Path, description = "SHA-256 of the whole key, in hexadecimal digits.")),
    responses(
        (status = 200, description = "It is gone.", body = Deleted),
        ManagementErrorResponses,
    )
)]
pub(super) async fn remove(
    state: web::Data<State>,
    author: Author,
    hash: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let found = find(&state, author.actor.account, &parse(&hash)?).await?;
    let revoked = api_keys::revoke(&state, &author.actor, found.id).await?;
    revoked.then(|| HttpResponse::Ok().json(Deleted { deleted: true })).ok_or_else(no_such)
}

fn refuse_limits(input: &Input) -> Result<(), Error> {
    let given = WITHOUT.into_iter().find(|name| input.get(name).is_some_and(|value| *value != Value::Null));
    let refusal = |name| Error::invalid(name, format!("Keys have no `{name}` here. Leave it out."));
    given.map_or(Ok(()), |name| Err(refusal(name)))
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, Error> {
    let wrong = |_| Error::invalid("expires_at", "`expires_at` must be a time such as 2027-12-31T23:59:59Z.");
    DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(wrong)
}

fn parse(hash: &str) -> Result<TokenHash, Error> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(hash, &mut bytes).map_err(|_| no_such())?;
    Ok(TokenHash(bytes))
}

/// One of the account's. Those of others are as unknown as those of nobody.
async fn find(state: &State, account: AccountId, hash: &TokenHash) -> Result<ListedKey, Error> {
    let mut tenant = state.store.tenant(account).await?;
    store::api_keys::find_by_hash(&mut tenant, hash).await?.ok_or_else(no_such)
}

async fn described(state: &State, account: AccountId, hash: &TokenHash) -> Result<Key, Error> {
    let found = find(state, account, hash).await?;
    let spent = api_keys::spent_by_key(state, account).await?;
    Ok(Key::of(account, &found, &spent))
}

fn no_such() -> Error {
    Error::no_such("There is no such key. GET /api/v1/keys lists yours.")
}
