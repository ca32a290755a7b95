//! Turns a page into an answer.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use askama::Template;

/// The page with this status, never cached.
pub fn page(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(body) => HttpResponse::build(status)
            .insert_header(ContentType::html())
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(body),
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// The page with 200.
pub fn ok(body: &impl Template) -> HttpResponse {
    page(StatusCode::OK, body)
}

/// The page with 422: a person's mistake, explained where it was made.
pub fn unprocessable(body: &impl Template) -> HttpResponse {
    page(StatusCode::UNPROCESSABLE_ENTITY, body)
}
