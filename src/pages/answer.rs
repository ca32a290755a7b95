//! What a handler answers: a page, or the way to another one.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, HeaderValue, LOCATION, RETRY_AFTER};
use askama::Template;

use super::cookies::Cookies;
use super::flash::Notice;
use super::shell::Problem;
use crate::state::State;

/// The page with this status, never cached.
pub(super) fn page(status: StatusCode, page: &impl Template) -> HttpResponse {
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
pub(super) fn ok(body: &impl Template) -> HttpResponse {
    page(StatusCode::OK, body)
}

/// The page with 422: a person's mistake, explained where it was made.
pub(super) fn unprocessable(body: &impl Template) -> HttpResponse {
    page(StatusCode::UNPROCESSABLE_ENTITY, body)
}

/// 303 to a local path.
pub(super) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// 303 to a local path, where `notice` is shown.
pub(super) fn done(state: &State, path: &str, notice: Notice) -> HttpResponse {
    let cookie = Cookies::new(state.config.is_https()).with_notice(notice);
    HttpResponse::SeeOther().insert_header((LOCATION, path)).cookie(cookie).finish()
}

/// Takes the notice away that this page shows.
pub(super) fn shown(state: &State, notice: Option<Notice>, mut page: HttpResponse) -> HttpResponse {
    if notice.is_some() {
        // A cookie of ours is always a valid header; if not, the notice is shown once more.
        let _ = page.add_cookie(&Cookies::new(state.config.is_https()).without_notice());
    }
    page
}

/// 429 with the page that `page` draws around the sentence how long to wait.
pub(super) fn throttled<P: Template>(wait: Duration, page: impl FnOnce(Problem) -> P) -> HttpResponse {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let span = match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    };
    let problem = Problem { field: None, message: format!("Too many tries. Wait {span}, then try again.") };
    let mut response = self::page(StatusCode::TOO_MANY_REQUESTS, &page(problem));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}
