//! `/healthz` (the process is alive) and `/readyz` (it can do its work).

use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};

use crate::api::edge::edge;
use crate::recorder::Buffer;
use crate::state::State;
use crate::store::Schema;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let resource = |path| web::resource(path).wrap(from_fn(edge));
    config.service(resource("/healthz").get(alive)).service(resource("/readyz").get(ready));
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

async fn ready(state: web::Data<State>, recording: web::Data<Buffer>) -> HttpResponse {
    let (mut answer, text) = match (state.store.schema().await, recording.late()) {
        (Ok(Schema::Older), _) => {
            (HttpResponse::ServiceUnavailable(), "the schema is of an older version: run migrate\n".to_owned())
        }
        // During a rolling restart pages and gateway of the older version keep working.
        (Ok(Schema::Current | Schema::Newer { .. }), None) => (HttpResponse::Ok(), "ready\n".to_owned()),
        (Ok(Schema::Current | Schema::Newer { .. }), Some(waited)) => {
            (HttpResponse::ServiceUnavailable(), records_nothing(waited))
        }
        (Err(error), _) => (HttpResponse::ServiceUnavailable(), format!("{}\n", error.name())),
    };
    answer.content_type("text/plain; charset=utf-8").body(text)
}

fn records_nothing(waited: Duration) -> String {
    let seconds = waited.as_secs();
    format!(
        "the database answers, but has not recorded a completed request for {seconds} s: look at the log and at the disk of the \
         database\n"
    )
}
