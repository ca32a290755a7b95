//! The receiver's own pages: what arrived, what was answered, and the switch. They work without JavaScript.

mod behaviour;
mod frame;
mod json;
mod protection;
mod relay;
mod requests;
mod trace;
mod traces;
mod waterfall;
mod words;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use askama::Template;

pub(super) use protection::protect;

/// The stylesheet of all pages.
const STYLESHEET: &str = include_str!("../static/receiver.css");

/// The pages' routes.
pub(super) fn routes(app: &mut ServiceConfig) {
    app.route("/", web::get().to(traces::show))
        .route("/traces/{trace_id}", web::get().to(trace::show))
        .route("/requests", web::get().to(requests::show))
        .route("/behaviour", web::get().to(behaviour::show))
        .route("/behaviour", web::post().to(behaviour::update))
        .route("/relay", web::post().to(relay::update))
        .route("/clear", web::post().to(behaviour::clear))
        .route("/received.json", web::get().to(json::show))
        .route("/receiver.css", web::get().to(stylesheet));
}

async fn stylesheet() -> impl Responder {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(STYLESHEET)
}

/// A page, or a plain sentence where it cannot be drawn.
fn page(status: StatusCode, template: &impl Template) -> HttpResponse {
    match template.render() {
        Ok(html) => HttpResponse::build(status).insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(html),
        Err(error) => {
            tracing::error!(%error, "a page of the demo receiver cannot be drawn");
            HttpResponse::InternalServerError().body("This page cannot be drawn. Look at /received.json instead.")
        }
    }
}
