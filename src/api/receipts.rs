//! Receipts: what became of requests at each destination (spec 9.2). Beyond OpenRouter.

pub(super) mod schema;

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};

use self::schema::{AskReceipts, Receipt, ReceiptsAnswer, ReceiptsList, ReceiptsOfRequest};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::ManagementKey;
use super::input::{Input, required, wrong_type};
use crate::broadcast::receipts;
use crate::completed_request::GenerationId;
use crate::http::Incoming;
use crate::id::DestinationId;
use crate::state::State;
use crate::store::{self, Tenant, destinations};

/// Most requests that are asked about at once (spec 9.2).
const MOST: usize = 1_000;

/// What became of a request
///
/// One receipt for each destination, in the order in which they were made. None is stored: each is computed from the log, the attempts
/// and the rules of that time.
#[utoipa::path(
    get,
    path = "/observability/receipts/{id}",
    operation_id = "getReceipts",
    params(("id" = String, Path, description = "The `id` of the answer, also in its header `X-Generation-Id`.")),
    responses(
        (status = 200, description = "Its receipts.", body = ReceiptsAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn show(
    state: web::Data<State>,
    key: ManagementKey,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let ids = [named(id.as_str()).ok_or_else(no_such)?];
    let mut tenant = state.store.tenant(key.account).await?;
    let data = list(&state, &mut tenant, &ids).await?.pop().ok_or_else(no_such)?;
    Ok(HttpResponse::Ok().json(ReceiptsAnswer { data }))
}

/// What became of many requests
///
/// Up to 1,000 of them, in the order in which they are asked about. Those that are not in the log of this account are under `missing`.
#[utoipa::path(
    post,
    path = "/observability/receipts",
    operation_id = "listReceipts",
    request_body = AskReceipts,
    responses(
        (status = 200, description = "Their receipts.", body = ReceiptsList),
        ManagementErrorResponses,
    )
)]
pub(super) async fn index(
    state: web::Data<State>,
    key: ManagementKey,
    request: HttpRequest,
    incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let input = Input::read(&request, incoming).await?;
    let given = required("ids", input.get("ids"))?.as_array().ok_or_else(|| wrong_type("ids", "a list of texts"))?;
    if given.len() > MOST {
        return Err(Error::invalid("ids", "Ask for at most 1,000 requests at once."));
    }
    let texts: Option<Vec<&str>> = given.iter().map(serde_json::Value::as_str).collect();
    let texts = texts.ok_or_else(|| wrong_type("ids", "a list of texts"))?;
    let ids: Vec<GenerationId> = texts.iter().filter_map(|text| named(text)).collect();
    let mut tenant = state.store.tenant(key.account).await?;
    let mut found: BTreeMap<String, ReceiptsOfRequest> =
        list(&state, &mut tenant, &ids).await?.into_iter().map(|of| (of.generation_id.clone(), of)).collect();
    let (mut data, mut missing) = (Vec::new(), Vec::new());
    for text in texts {
        match found.remove(text) {
            Some(of) => data.push(of),
            None if data.iter().any(|of| of.generation_id == text) => {}
            None => missing.push(text.to_owned()),
        }
    }
    Ok(HttpResponse::Ok().json(ReceiptsList { data, missing }))
}

async fn list(
    state: &State,
    tenant: &mut Tenant,
    ids: &[GenerationId],
) -> Result<Vec<ReceiptsOfRequest>, store::Error> {
    let names: BTreeMap<DestinationId, String> =
        destinations::list(tenant).await?.into_iter().map(|it| (it.id, it.name)).collect();
    let found = receipts::find(tenant, ids, state.config.delivery.retention).await?;
    let of_request = found.into_iter().map(|request| {
        let receipt = |(destination, receipt): &_| Receipt::of(&request.entry, *destination, &names, receipt);
        ReceiptsOfRequest::of(&request.entry, request.of.iter().map(receipt).collect())
    });
    Ok(of_request.collect())
}

/// None: no request has such a name, and Postgres could not even be asked for it.
fn named(text: &str) -> Option<GenerationId> {
    (!text.contains('\0')).then(|| GenerationId::given(text))
}

fn no_such() -> Error {
    Error::no_such("There is no such request in the log of this account. A request is there a moment after its answer.")
}
