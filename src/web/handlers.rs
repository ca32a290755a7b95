//! What happens on a page: a file for each area, with `show new create edit update remove`.

pub(super) mod account;
pub(super) mod destination;
pub(super) mod destination_form;
pub(super) mod door;
pub(super) mod invitation;
pub(super) mod keys;
pub(super) mod members;
pub(super) mod observability;
pub(super) mod verdict;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

use super::cookies::Cookies;
use super::flash::Notice;
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

/// Where pages and gateway are, without a trailing slash.
fn public_url(state: &State) -> String {
    state.config.public_url.as_str().trim_end_matches('/').to_owned()
}
