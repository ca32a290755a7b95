//! What a caller asks about itself: its key, what the account has spent, and which model servers there are (spec 8.4). OpenRouter's
//! clients do.

pub(super) mod schema;

use actix_web::{HttpResponse, web};

use self::schema::{Credits, CreditsAnswer, CurrentKey, KeyAnswer, Provider, ProviderList};
use super::error::Error;
use super::error_responses::OwnErrorResponses;
use super::extract::AnyKey;
use crate::auth::api_keys;
use crate::gateway::Gateway;
use crate::state::State;
use crate::store;

/// The key that asks
///
/// Its usage is what its requests in the log cost, in USD, at most a minute old. The log is kept for as long as the operator says. A key
/// has no limit of its own.
#[utoipa::path(
    get,
    path = "/key",
    operation_id = "getCurrentKey",
    responses(
        (status = 200, description = "The key.", body = KeyAnswer),
        OwnErrorResponses,
    )
)]
pub(super) async fn key(AnyKey(identity): AnyKey, state: web::Data<State>) -> Result<HttpResponse, Error> {
    let described =
        api_keys::describe(&state, &identity).await.map_err(|error| away(&error))?.ok_or_else(Error::unauthorized)?;
    Ok(HttpResponse::Ok().json(KeyAnswer { data: CurrentKey::of(described, identity.kind) }))
}

/// The key that asks, under its older address
#[utoipa::path(
    get,
    path = "/auth/key",
    operation_id = "getCurrentKeyByOldAddress",
    responses(
        (status = 200, description = "As `/key`.", body = KeyAnswer),
        OwnErrorResponses,
    )
)]
pub(super) async fn key_by_old_address(key: AnyKey, state: web::Data<State>) -> Result<HttpResponse, Error> {
    self::key(key, state).await
}

/// What the account has spent
///
/// In USD, with whatever key, as far as the log is kept; at most a minute old. Nobody buys credits here: there are none.
#[utoipa::path(
    get,
    path = "/credits",
    operation_id = "getCredits",
    responses(
        (status = 200, description = "The sums.", body = CreditsAnswer),
        OwnErrorResponses,
    )
)]
pub(super) async fn credits(AnyKey(identity): AnyKey, state: web::Data<State>) -> Result<HttpResponse, Error> {
    let total_usage = api_keys::spent_by_account(&state, identity.account).await.map_err(|error| away(&error))?;
    Ok(HttpResponse::Ok().json(CreditsAnswer { data: Credits { total_credits: 0.0, total_usage } }))
}

/// The model servers
///
/// As the operator names them: `provider` in answers and traces, where the answer names none.
#[utoipa::path(
    get,
    path = "/providers",
    operation_id = "listProviders",
    responses(
        (status = 200, description = "The list.", body = ProviderList),
        OwnErrorResponses,
    )
)]
pub(super) async fn providers(_: AnyKey, gateway: web::Data<Gateway>) -> HttpResponse {
    HttpResponse::Ok().json(ProviderList { data: gateway.providers().map(Provider::named).collect() })
}

fn away(error: &store::Error) -> Error {
    tracing::error!(%error, "what an account has spent could not be read");
    Error::unavailable()
}
