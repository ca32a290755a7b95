//! The JSON edge: what programs call, under `/api/v1` and (for clients that cannot take a longer base) under `/v1`.
//!
//! The application that mounts [`routes`] provides as app data `web::Data<State>` and `web::Data<Gateway>` (from
//! [`gateway`], one for each worker thread). It sets `HttpServer::h1_allow_half_closed(false)`, or a caller that goes away while the
//! upstream thinks is noticed only when the answer is written; and it puts no compression before these routes, which
//! would hold back the events of a stream.

mod address;
mod ask;
mod audit_log;
mod body;
mod caller;
mod catalogue;
mod chat_completions;
mod completions;
mod connection_tests;
mod cors;
mod deliveries;
mod destinations;
mod dry_run;
pub mod edge;
mod embeddings;
mod error;
mod error_responses;
mod extract;
mod generation;
mod input;
mod keys;
mod members;
mod messages;
mod oneself;
mod openapi;
mod operation;
mod preview;
mod query;
mod receipts;
mod replays;
mod responses;
mod revision;
mod revisions;
mod signing_secret;
mod timestamp;
mod turned_away;
mod workspaces;

use std::collections::BTreeMap;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Scope};
use rustls::ClientConfig;

pub use self::error::Error;
pub use self::extract::{InferenceKey, ManagementKey};
use self::openapi::Document;
use self::operation::{Operation, resource};
use crate::gateway::{Gateway, UpstreamError};
use crate::recorder::Recorder;
use crate::state::State;

/// All that the API does. Path and methods of a row stand at its handler, in `#[utoipa::path]`.
const OPERATIONS: [Operation; 54] = [
    Operation::new::<chat_completions::__path_create>(|| web::to(chat_completions::create)),
    Operation::new::<completions::__path_create>(|| web::to(completions::create)),
    Operation::new::<embeddings::__path_create>(|| web::to(embeddings::create)),
    Operation::new::<responses::__path_create>(|| web::to(responses::create)),
    Operation::new::<messages::__path_create>(|| web::to(messages::create)),
    Operation::new::<messages::__path_count_tokens>(|| web::to(messages::count_tokens)),
    Operation::new::<catalogue::__path_index>(|| web::to(catalogue::index)),
    Operation::new::<catalogue::__path_count>(|| web::to(catalogue::count)),
    Operation::new::<catalogue::__path_show>(|| web::to(catalogue::show)).with_slashes(),
    Operation::new::<catalogue::__path_index_of_embeddings>(|| web::to(catalogue::index_of_embeddings)),
    Operation::new::<oneself::__path_key>(|| web::to(oneself::key)),
    Operation::new::<oneself::__path_key_by_old_address>(|| web::to(oneself::key_by_old_address)),
    Operation::new::<oneself::__path_credits>(|| web::to(oneself::credits)),
    Operation::new::<oneself::__path_providers>(|| web::to(oneself::providers)),
    Operation::new::<destinations::__path_index>(|| web::to(destinations::index)),
    Operation::new::<destinations::__path_create>(|| web::to(destinations::create)),
    Operation::new::<destinations::__path_show>(|| web::to(destinations::show)),
    Operation::new::<destinations::__path_update>(|| web::to(destinations::update)),
    Operation::new::<destinations::__path_remove>(|| web::to(destinations::remove)),
    Operation::new::<connection_tests::__path_create>(|| web::to(connection_tests::create)),
    Operation::new::<connection_tests::__path_repeat>(|| web::to(connection_tests::repeat)),
    Operation::new::<connection_tests::__path_send_trace>(|| web::to(connection_tests::send_trace)),
    Operation::new::<signing_secret::__path_replace>(|| web::to(signing_secret::replace)),
    Operation::new::<revisions::__path_index>(|| web::to(revisions::index)),
    Operation::new::<revisions::__path_restore>(|| web::to(revisions::restore)),
    Operation::new::<dry_run::__path_create>(|| web::to(dry_run::create)),
    Operation::new::<preview::__path_create>(|| web::to(preview::create)),
    Operation::new::<deliveries::__path_index>(|| web::to(deliveries::index)),
    Operation::new::<deliveries::__path_index_of_dead_letters>(|| web::to(deliveries::index_of_dead_letters)),
    Operation::new::<deliveries::__path_remove_dead_letter>(|| web::to(deliveries::remove_dead_letter)),
    Operation::new::<replays::__path_index>(|| web::to(replays::index)),
    Operation::new::<replays::__path_create>(|| web::to(replays::create)),
    Operation::new::<replays::__path_update>(|| web::to(replays::update)),
    Operation::new::<replays::__path_remove>(|| web::to(replays::remove)),
    Operation::new::<receipts::__path_show>(|| web::to(receipts::show)),
    Operation::new::<receipts::__path_index>(|| web::to(receipts::index)),
    Operation::new::<workspaces::__path_index>(|| web::to(workspaces::index)),
    Operation::new::<workspaces::__path_show>(|| web::to(workspaces::show)),
    Operation::new::<workspaces::__path_update>(|| web::to(workspaces::update)),
    Operation::new::<keys::__path_index>(|| web::to(keys::index)),
    Operation::new::<keys::__path_create>(|| web::to(keys::create)),
    Operation::new::<keys::__path_show>(|| web::to(keys::show)),
    Operation::new::<keys::__path_update>(|| web::to(keys::update)),
    Operation::new::<keys::__path_remove>(|| web::to(keys::remove)),
    Operation::new::<generation::__path_show>(|| web::to(generation::show)),
    Operation::new::<generation::content::__path_show>(|| web::to(generation::content::show)),
    Operation::new::<members::__path_index>(|| web::to(members::index)),
    Operation::new::<members::__path_update>(|| web::to(members::update)),
    Operation::new::<members::__path_remove>(|| web::to(members::remove)),
    Operation::new::<members::__path_index_of_invitations>(|| web::to(members::index_of_invitations)),
    Operation::new::<members::__path_invite>(|| web::to(members::invite)),
    Operation::new::<members::__path_withdraw>(|| web::to(members::withdraw)),
    Operation::new::<audit_log::__path_index>(|| web::to(audit_log::index)),
    Operation::new::<openapi::__path_show>(|| web::to(openapi::show)),
];

/// A gateway whose requests are recorded, to be put into the app data of one worker thread.
///
/// # Errors
/// When the upstream's key cannot be used.
pub fn gateway(state: &State, tls: &ClientConfig, recorder: Recorder) -> Result<Gateway, UpstreamError> {
    Gateway::new(state, tls, move |account, request, content, receipt| {
        recorder.record(account, request, content, receipt);
    })
}

/// The OpenAPI document.
pub fn document() -> serde_json::Value {
    Document::of(&OPERATIONS).value()
}

/// Mounts the API.
pub fn routes(config: &mut ServiceConfig) {
    config.app_data(web::Data::new(Document::of(&OPERATIONS)));
    // Unknown addresses of the API are answered by the API, not with a page.
    let unknown = web::scope("/api").default_service(web::to(not_found));
    for scope in [scope("/api/v1"), scope("/v1"), unknown] {
        config.service(scope.wrap(from_fn(edge::edge)));
    }
    let misplaced = web::resource("/{path:.*}").guard(fn_guard(is_misplaced)).wrap(from_fn(edge::edge));
    config.service(misplaced.default_service(web::to(not_found)));
}

/// Whether a program asks under no base of ours: it would get a page otherwise.
fn is_misplaced(context: &GuardContext<'_>) -> bool {
    let is_of_a_program = |path| context.head().method == Method::POST || path == "/models";
    address::misplaced(context.head().uri.path()).is_some_and(is_of_a_program)
}

fn scope(base: &str) -> Scope {
    let mut paths = BTreeMap::<String, Vec<&Operation>>::new();
    for operation in &OPERATIONS {
        paths.entry(operation.path()).or_default().push(operation);
    }
    let mounted = paths.iter().fold(web::scope(base), |scope, (path, all)| scope.service(resource(path, all)));
    mounted.default_service(web::to(not_found))
}

async fn not_found(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Error> {
    let server = state.config.public_url.as_str().trim_end_matches('/');
    Err(address::misplaced(request.path()).map_or_else(Error::not_found, |path| Error::wrong_base(server, path)))
}
