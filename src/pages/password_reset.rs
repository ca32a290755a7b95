//! Setting a new password with a link of the operator's.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::answer::{self, done};
use super::components::control::Control;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::problem::ProblemPage;
use super::shell::{Problem, Shell, problems};
use crate::auth::{self, password_reset};
use crate::client::Client;
use crate::state::State;

#[derive(Debug, Template)]
#[template(path = "pages/password_reset.html")]
pub struct PasswordResetPage {
    pub shell: Shell,
    /// Whose password.
    pub email: String,
    pub password: Control,
    /// Where the form goes.
    pub action: String,
}

/// `GET /password-reset/{token}`
pub(super) async fn edit(state: web::Data<State>, token: web::Path<String>) -> Result {
    let Some(email) = password_reset::find(&state, &token).await? else { return Ok(unusable()) };
    Ok(answer::ok(&page(&token, email, Vec::new())))
}

/// `POST /password-reset/{token}`
pub(super) async fn update(
    state: web::Data<State>,
    token: web::Path<String>,
    client: Client,
    Form(values): Form,
) -> Result {
    state.rate_limits.signed_out_form(client.address).map_err(Error::TooOften)?;
    let Some(email) = password_reset::find(&state, &token).await? else { return Ok(unusable()) };
    match password_reset::reset(&state, &client, &token, values.raw("password").into()).await {
        Ok(true) => Ok(done(&state, "/sign-in", Notice::PasswordReset)),
        Ok(false) => Ok(unusable()),
        Err(auth::Error::Invalid(errors)) => Ok(answer::unprocessable(&page(&token, email, problems(&errors)))),
        Err(error) => Err(error.into()),
    }
}

/// Used, expired, replaced or mistyped: one page for all, so that a link alone does not show which.
fn unusable() -> HttpResponse {
    let sentence = "It was used, has expired, or is not complete. Ask whoever runs this server for a new one.";
    let page = ProblemPage::new(StatusCode::NOT_FOUND).saying("This link cannot be used", sentence);
    answer::page(StatusCode::NOT_FOUND, &page)
}

fn page(token: &str, email: String, problems: Vec<Problem>) -> PasswordResetPage {
    let password = Control::password("password", "New password", "new-password")
        .hint("At least 12 characters. Several words in a row are easy to remember.");
    PasswordResetPage {
        email,
        password: password.problem(&problems),
        action: format!("/password-reset/{token}"),
        shell: Shell { problems, ..Shell::signed_out("Set a new password") },
    }
}
