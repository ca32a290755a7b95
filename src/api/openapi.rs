//! The description of this API, for people and for generators of clients.

use actix_web::{HttpResponse, Responder};

/// OpenAPI 3.1. Written by hand; a test holds it against the routes.
pub(super) const DOCUMENT: &str = include_str!("openapi.json");

pub(super) async fn show() -> impl Responder {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("cache-control", "public, max-age=300"))
        .body(DOCUMENT)
}
