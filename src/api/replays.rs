//! Replays of a destination: counted, begun, paused, cancelled (spec 9.4). Beyond OpenRouter.

mod schema;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Datelike as _, Utc};

pub(super) use self::schema::{CountedReplay, CreateReplay, ReplayAnswer, ReplayList, ShownReplay, UpdateReplay};
use super::destinations::{self, no_such};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::{Author, ManagementKey};
use super::input::Input;
use crate::broadcast::listing;
use crate::http::Incoming;
use crate::id::{AccountId, CursorId, DestinationId};
use crate::replay::{self, Act, Asked, Counted};
use crate::state::State;
use crate::store;
use crate::store::accounts;
use crate::store::replays::{self, Chosen};

/// Replays in a list.
const LISTED: i64 = 50;

/// The replays of a destination
///
/// The newest 50, the newest first.
#[utoipa::path(
    get,
    path = "/observability/destinations/{id}/replays",
    operation_id = "listReplays",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The replays.", body = ReplayList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(
    state: web::Data<State>,
    key: ManagementKey,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id = find(&state, key.account, &id).await?;
    let mut tenant = state.store.tenant(key.account).await?;
    let replays = replays::list(&mut tenant, id, LISTED).await?;
    Ok(HttpResponse::Ok().json(ReplayList { data: replays.iter().map(ShownReplay::from).collect() }))
}

/// Send requests again, or to a younger destination
///
/// `what` is `all` (requests that completed from `from` until `until`), `dead_letters` or `requests` (by `ids`). They carry the same trace
/// and span ids as the first time and obey today's settings. With `dry_run` they are counted only, for at most two seconds. At most five
/// run in an account.
#[utoipa::path(
    post,
    path = "/observability/destinations/{id}/replays",
    operation_id = "createReplay",
    params(("id" = String, Path, description = "Its id.")),
    request_body = CreateReplay,
    responses(
        (status = 200, description = "What would be sent; nothing was.", body = CountedReplay),
        (status = 201, description = "The replay that has begun.", body = ReplayAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn create(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let account = author.actor.account;
    let id = find(&state, account, &id).await?;
    let chosen = chosen(&input)?;
    let rate = rate(&input)?;
    let skips_delivered = input.flag("leave_out_delivered")? == Some(true);
    let asked = Asked { destination: id, chosen: &chosen, skips_delivered, rate, expected: None };
    if input.flag("dry_run")? == Some(true) {
        return Ok(HttpResponse::Ok().json(CountedReplay::from(counted(&state, account, &asked).await?)));
    }
    let (begun, _) = replay::start(&state, &author.actor, asked).await.map_err(refused)?;
    shown(&state, account, (id, begun), HttpResponse::Created()).await
}

/// Pause a replay, or let it go on
#[utoipa::path(
    patch,
    path = "/observability/destinations/{id}/replays/{replay}",
    operation_id = "updateReplay",
    params(("id" = String, Path, description = "The destination's id."), ("replay" = String, Path, description = "Its id.")),
    request_body = UpdateReplay,
    responses(
        (status = 200, description = "The replay as it is now.", body = ReplayAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn update(
    state: web::Data<State>,
    author: Author,
    request: HttpRequest,
    incoming: Incoming,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let of = named(&path)?;
    find(&state, author.actor.account, &path.0).await?;
    let act = match input.flag("paused")? {
        Some(true) => Act::Pause,
        Some(false) => Act::Resume,
        None => return Err(Error::invalid("paused", "`paused` must be true or false. Send it.")),
    };
    replay::act(&state, &author.actor, of, act).await.map_err(refused)?;
    shown(&state, author.actor.account, of, HttpResponse::Ok()).await
}

/// Cancel a replay
///
/// What was sent stays sent.
#[utoipa::path(
    delete,
    path = "/observability/destinations/{id}/replays/{replay}",
    operation_id = "cancelReplay",
    params(("id" = String, Path, description = "The destination's id."), ("replay" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The replay as it ended.", body = ReplayAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn remove(
    state: web::Data<State>,
    author: Author,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let of = named(&path)?;
    replay::act(&state, &author.actor, of, Act::Cancel).await.map_err(refused)?;
    shown(&state, author.actor.account, of, HttpResponse::Ok()).await
}

async fn counted(state: &State, account: AccountId, asked: &Asked<'_>) -> Result<Counted, Error> {
    let mut tenant = state.store.tenant(account).await?;
    let account = accounts::find(&mut tenant).await?.ok_or_else(no_such)?;
    let now = state.clock.now();
    let listed = listing::find(&mut tenant, asked.destination, &account, now).await?.ok_or_else(no_such)?;
    Ok(replay::count(&mut tenant, asked.question(state, &account, &listed)).await?)
}

async fn shown(
    state: &State,
    account: AccountId,
    (destination, id): (DestinationId, CursorId),
    mut answer: actix_web::HttpResponseBuilder,
) -> Result<HttpResponse, Error> {
    let all = replays::list(&mut state.store.tenant(account).await?, destination, LISTED).await?;
    let replay = all.iter().find(|replay| replay.id == id).ok_or_else(no_replay)?;
    Ok(answer.json(ReplayAnswer { data: ShownReplay::from(replay) }))
}

async fn find(state: &State, account: AccountId, id: &str) -> Result<DestinationId, Error> {
    let id = destinations::parse(id)?;
    let found = store::destinations::find(&mut state.store.tenant(account).await?, id).await?;
    found.map(|_| id).ok_or_else(no_such)
}

fn named((id, replay): &(String, String)) -> Result<(DestinationId, CursorId), Error> {
    Ok((destinations::parse(id)?, replay.parse().map_err(|_| no_replay())?))
}

fn no_replay() -> Error {
    Error::no_such("There is no such replay. GET /api/v1/observability/destinations/{id}/replays lists them.")
}

fn refused(error: replay::Error) -> Error {
    match error {
        replay::Error::Refused(refusal) => Error::conflict(refusal.to_string()),
        replay::Error::Gone => no_replay(),
        replay::Error::Store(error) => error.into(),
    }
}

fn chosen(input: &Input) -> Result<Chosen, Error> {
    match input.text("what")? {
        Some("dead_letters") => Ok(Chosen::DeadLetters),
        Some("requests") => requests(input),
        Some("all") => {
            let (from, until) = (time(input, "from")?, time(input, "until")?);
            if until <= from {
                return Err(Error::invalid("until", "`until` must lie after `from`. Send a later time."));
            }
            Ok(Chosen::All { from, until })
        }
        _ => Err(Error::invalid("what", "`what` must be `all`, `dead_letters` or `requests`. Send one of them.")),
    }
}

fn time(input: &Input, name: &'static str) -> Result<DateTime<Utc>, Error> {
    let time = input.text(name)?.and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|time| time.to_utc());
    // Beyond these years Postgres and this program do not agree on what a time is.
    let time = time.filter(|time| (1970..=9999).contains(&time.year()));
    time.ok_or_else(|| Error::invalid(name, format!("`{name}` must be a time like 2026-11-29T03:00:00Z. Send one.")))
}

fn requests(input: &Input) -> Result<Chosen, Error> {
    let wrong =
        || Error::invalid("ids", "`ids` must be a list of 1 to 1,000 generation ids of this gateway. Send one.");
    let ids = input.get("ids").and_then(serde_json::Value::as_array).ok_or_else(wrong)?;
    let ids: Option<Vec<String>> = ids.iter().map(|id| id.as_str().map(str::to_owned)).collect();
    ids.and_then(Chosen::requests).ok_or_else(wrong)
}

fn rate(input: &Input) -> Result<Option<i32>, Error> {
    let Some(rate) = input.get("rate").filter(|rate| !rate.is_null()) else { return Ok(None) };
    let number = rate.as_i64().and_then(|rate| i32::try_from(rate).ok()).filter(|rate| *rate > 0);
    let wrong = || Error::invalid("rate", "`rate` must be a whole number of requests a second above 0, or null.");
    number.map(Some).ok_or_else(wrong)
}
