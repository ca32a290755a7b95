//! Requests that a known key may not make: its type is the wrong one (403), or it came too often (429). They are recorded, at most one
//! a second for each key, so that they are found among the traces.

use std::time::Instant;

use actix_web::{HttpRequest, web};

use super::body;
use super::caller::caller;
use super::error::Error;
use super::extract::NotLetIn;
use crate::gateway::{Gateway, Protocol};
use crate::http::Incoming;
use crate::state::State;

/// Records the request where it is due, with what its body and headers say of the caller, and gives its error.
pub(super) async fn record(
    protocol: &'static dyn Protocol,
    request: &HttpRequest,
    gateway: &Gateway,
    incoming: Incoming,
    not_let_in: NotLetIn,
) -> Error {
    let NotLetIn::Known { identity, failure } = not_let_in else { return not_let_in.into() };
    let refusals = request.app_data::<web::Data<State>>().map(|state| &state.refusals);
    let count =
        refusals.filter(|_| protocol.is_recorded()).and_then(|refusals| refusals.count(identity.key, Instant::now()));
    let Some(count) = count else { return failure.into() };
    let Ok(mut exchange) = gateway.receive(caller(protocol, request, identity)) else { return failure.into() };
    let id = exchange.id().clone();
    // A body that cannot be read says nothing of the caller. The refusal stays the same.
    let body = body::read(request, incoming, exchange.room()).await.unwrap_or_default();
    Error::from(exchange.turn_away(&body, failure, count).await).of(&id)
}
