//! The JSON edge: what programs call, under `/api/v1` and (for clients that cannot take a longer base) under `/v1`.
//!
//! The application that mounts [`routes`] provides as app data `web::Data<State>` and `web::Data<Gateway>` (from
//! [`gateway`], one for each worker thread). It sets `HttpServer::h1_allow_half_closed(false)`, or a caller that goes away while the
//! upstream thinks is noticed only when the answer is written; and it puts no compression before these routes, which
//! would hold back the events of a stream.

mod address;
mod ask;
mod body;
mod caller;
mod catalogue;
mod chat_completions;
mod completions;
mod cors;
pub mod edge;
mod embeddings;
mod error;
mod error_responses;
mod extract;
mod messages;
mod oneself;
mod openapi;
mod operation;
mod responses;
mod turned_away;

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
const OPERATIONS: [Operation; 15] = [
    Operation::new::<chat_completions::__path_create>(|| web::to(chat_completions::create)),
    Operation::new::<completions::__path_create>(|| web::to(completions::create)),
    Operation::new::<embeddings::__path_create>(|| web::to(embeddings::create)),
    Operation::new::<responses::__path_create>(|| web::to(responses::create)),
    Operation::new::<messages::__path_create>(|| web::to(messages::create)),
    Operation::new::<messages::__path_count_tokens>(|| web::to(messages::count_tokens)),
    Operation::new::<catalogue::__path_index>(|| web::to(catalogue::index)),
    Operation::new::<catalogue::__path_count>(|| web::to(catalogue::count)),
    Operation::new::<catalogue::__path_show>(|| web::to(catalogue::show)),
    Operation::new::<catalogue::__path_index_of_embeddings>(|| web::to(catalogue::index_of_embeddings)),
    Operation::new::<oneself::__path_key>(|| web::to(oneself::key)),
    Operation::new::<oneself::__path_key_by_old_address>(|| web::to(oneself::key_by_old_address)),
    Operation::new::<oneself::__path_credits>(|| web::to(oneself::credits)),
    Operation::new::<oneself::__path_providers>(|| web::to(oneself::providers)),
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
