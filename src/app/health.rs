//! `/healthz` (the process is alive) and `/readyz` (it can do its work).

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};

use crate::api::edge::edge;
use crate::state::State;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let resource = |path| web::resource(path).wrap(from_fn(edge));
    config.service(resource("/healthz").get(alive)).service(resource("/readyz").get(ready));
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

async fn ready(state: web::Data<State>) -> HttpResponse {
    let (mut answer, text) = match state.store.is_migrated().await {
        Ok(true) => (HttpResponse::Ok(), "ready\n".to_owned()),
        Ok(false) => {
            (HttpResponse::ServiceUnavailable(), "the schema is of an older version: run migrate\n".to_owned())
        }
        Err(error) => (HttpResponse::ServiceUnavailable(), format!("{}\n", error.name())),
    };
    answer.content_type("text/plain; charset=utf-8").body(text)
}
