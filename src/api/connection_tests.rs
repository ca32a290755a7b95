//! Tests on demand: of a configuration, of a destination, and the example trace. Beyond OpenRouter. They change nothing.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::destinations::schema::TestDestination;
use super::destinations::{configuration, no_such, parse, refused, shown};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::ManagementKey;
use super::input::Input;
use crate::broadcast;
use crate::connection_test::Verdict;
use crate::http::Incoming;
use crate::state::State;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionTest)]
pub(super) struct TestAnswer {
    /// `passed`, the `steps`, what was sent and answered, and `advice` in a sentence.
    #[schema(value_type = Object)]
    data: Value,
}

/// Test a configuration
///
/// As when creating, and stores nothing. `passed` in the answer says what came of it.
#[utoipa::path(
    post,
    path = "/observability/destinations/test",
    operation_id = "testConfiguration",
    request_body = TestDestination,
    responses(
        (status = 200, description = "What the test found.", body = TestAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn create(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let (kind, settings) = configuration(&input)?;
    let verdict = broadcast::try_out(&state, key.account, kind, &settings).await.map_err(refused)?;
    Ok(answer(&verdict))
}

/// Test a destination
///
/// With its stored settings.
#[utoipa::path(
    post,
    path = "/observability/destinations/{id}/test",
    operation_id = "testDestination",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "What the test found.", body = TestAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn repeat(
    state: web::Data<State>,
    key: ManagementKey,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let verdict = broadcast::retest(&state, key.account, parse(&id)?).await.map_err(refused)?;
    verdict.map(|verdict| answer(&verdict)).ok_or_else(no_such)
}

/// Send the example trace
///
/// A chat with a tool call, tokens and cost, to be looked up at the receiver by `trace_id`.
#[utoipa::path(
    post,
    path = "/observability/destinations/{id}/send-trace",
    operation_id = "sendExampleTrace",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "What came of it.", body = TestAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn send_trace(
    state: web::Data<State>,
    key: ManagementKey,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let verdict = broadcast::send_trace(&state, key.account, parse(&id)?).await.map_err(refused)?;
    verdict.map(|verdict| answer(&verdict)).ok_or_else(no_such)
}

fn answer(verdict: &Verdict) -> HttpResponse {
    HttpResponse::Ok().json(TestAnswer { data: shown(verdict) })
}
