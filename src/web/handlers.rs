//! What happens on a page: a file for each area, with `show new create edit update remove`.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod code;
mod confirmation;
pub(super) mod deletion;
pub(super) mod deliveries;
pub(super) mod destination;
pub(super) mod destination_form;
pub(super) mod door;
pub(super) mod invitation;
pub(super) mod keys;
pub(super) mod members;
pub(super) mod observability;
pub(super) mod password_reset;
pub(super) mod second_factor;
pub(super) mod sessions;
pub(super) mod verdict;

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION, RETRY_AFTER};
use askama::Template;

use super::cookies::Cookies;
use super::flash::Notice;
use super::html;
use super::shell::Problem;
use crate::destination::FieldErrors;
use crate::state::State;

/// 303 to a local path.
fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// 303 to a local path, where `notice` is shown.
fn done(state: &State, path: &str, notice: Notice) -> HttpResponse {
    let cookie = Cookies::new(state.config.is_https()).with_notice(notice);
    HttpResponse::SeeOther().insert_header((LOCATION, path)).cookie(cookie).finish()
}

/// Takes the notice away that this page shows.
fn shown(state: &State, notice: Option<Notice>, mut page: HttpResponse) -> HttpResponse {
    if notice.is_some() {
        // A cookie of ours is always a valid header; if not, the notice is shown once more.
        let _ = page.add_cookie(&Cookies::new(state.config.is_https()).without_notice());
    }
    page
}

/// A person's mistakes as the page shows them.
fn problems(errors: &FieldErrors) -> Vec<Problem> {
    errors.iter().map(|error| Problem { field: Some(error.field), message: error.sentence.clone() }).collect()
}

/// 429 with the page that `page` draws around the sentence how long to wait.
fn throttled<P: Template>(wait: Duration, page: impl FnOnce(Problem) -> P) -> HttpResponse {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let span = match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    };
    let problem = Problem { field: None, message: format!("Too many tries. Wait {span}, then try again.") };
    let mut response = html::page(StatusCode::TOO_MANY_REQUESTS, &page(problem));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Where pages and gateway are, without a trailing slash.
fn public_url(state: &State) -> String {
    state.config.public_url.as_str().trim_end_matches('/').to_owned()
}
