//! The JSON edge: what programs call, under `/api/v1` and (for clients that cannot take a longer base) under `/v1`.
//!
//! The application that mounts [`routes`] provides as app data `web::Data<State>` and `web::Data<Gateway>` (from
//! [`gateway`], one for each worker thread). It sets `HttpServer::h1_allow_half_closed(false)`, or a caller that goes away while the
//! upstream thinks is noticed only when the answer is written; and it puts no compression before these routes, which
//! would hold back the events of a stream.

mod body;
mod chat_completions;
pub mod edge;
mod error;
mod extract;
mod openapi;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Scope};
use rustls::ClientConfig;

pub use self::error::Error;
pub use self::extract::{InferenceKey, ManagementKey};
use crate::gateway::{Gateway, UpstreamError};
use crate::recorder::Recorder;
use crate::state::State;

/// A gateway whose requests are recorded, to be put into the app data of one worker thread.
///
/// # Errors
/// When the upstream's key cannot be used.
pub fn gateway(state: &State, tls: &ClientConfig, recorder: Recorder) -> Result<Gateway, UpstreamError> {
    Gateway::new(state, tls, move |account, request, content| recorder.record(account, request, content))
}

/// Mounts the API.
pub fn routes(config: &mut ServiceConfig) {
    // Unknown addresses of the API are answered by the API, not with a page.
    let unknown = web::scope("/api").default_service(web::to(not_found));
    for scope in [scope("/api/v1"), scope("/v1"), unknown] {
        config.service(scope.wrap(from_fn(edge::edge)));
    }
}

/// Every path of a base with the one method that it takes, in the order of the OpenAPI document.
const PATHS: [(&str, &str); 2] = [("/chat/completions", "POST"), ("/openapi.json", "GET, HEAD")];

fn scope(base: &str) -> Scope {
    let [(chat_completions, _), (openapi, _)] = PATHS;
    web::scope(base)
        .service(resource(chat_completions).route(web::post().to(chat_completions::create)))
        .service(resource(openapi).route(web::get().to(openapi::show)).route(web::head().to(openapi::show)))
        .default_service(web::to(not_found))
}

/// A resource that says which methods it takes.
fn resource(path: &'static str) -> Resource {
    let allowed = PATHS.iter().find(|(known, _)| *known == path).map_or("", |(_, allowed)| allowed);
    web::resource(path)
        .default_service(web::to(move || async move { Err::<HttpResponse, _>(Error::method_not_allowed(allowed)) }))
}

async fn not_found() -> Result<HttpResponse, Error> {
    Err(Error::not_found())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{PATHS, openapi};

    #[test]
    fn the_openapi_document_describes_every_route_and_no_other() {
        let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(|key| (path.clone(), key.to_uppercase()))
            })
            .collect();
        // A HEAD is part of its GET.
        let methods = |allowed: &str| {
            allowed.split(", ").filter(|method| *method != "HEAD").map(str::to_owned).collect::<Vec<_>>()
        };
        let routed = PATHS
            .iter()
            .flat_map(|(path, allowed)| methods(allowed).into_iter().map(|method| ((*path).to_owned(), method)));
        assert_eq!(described, routed.collect());
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn every_reference_of_the_openapi_document_leads_somewhere() {
        let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        for part in openapi::DOCUMENT.split("\"$ref\": \"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
