//! The second step of signing in.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::{ExposeSecret as _, SecretString};

use super::answer::{self, see_other, throttled};
use super::components::control::Control;
use super::cookies::Cookies;
use super::error::Result;
use super::form::Form;
use super::shell::{Problem, Shell, problems};
use super::welcome::{Next, local, welcome};
use crate::auth::{self, sign_in};
use crate::client::Client;
use crate::state::State;

/// Asks for the code.
#[derive(Debug, Template)]
#[template(path = "pages/code.html")]
pub struct CodePage {
    pub shell: Shell,
    /// The local path to go to afterwards.
    pub next: String,
    pub code: Control,
}

/// 303 to the page that asks for the code.
pub(super) fn ask(state: &State, token: &SecretString, next: &str) -> HttpResponse {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("next", next).finish();
    let mut response = see_other(&format!("/sign-in/code?{query}"));
    if let Err(error) = response.add_cookie(&Cookies::new(state.config.is_https()).with_step(token)) {
        tracing::error!(%error, "the cookie of a sign-in could not be set");
    }
    response
}

/// `GET /sign-in/code`
pub(super) async fn new(state: web::Data<State>, request: HttpRequest, query: Option<web::Query<Next>>) -> Result {
    if Cookies::new(state.config.is_https()).step(&request).is_none() {
        return Ok(see_other("/sign-in"));
    }
    let next = query.map(|query| query.into_inner().next).unwrap_or_default();
    Ok(answer::ok(&page(&next, Vec::new())))
}

/// `POST /sign-in/code`
pub(super) async fn create(
    state: web::Data<State>,
    request: HttpRequest,
    client: Client,
    Form(values): Form,
) -> Result {
    let cookies = Cookies::new(state.config.is_https());
    let Some(token) = cookies.step(&request) else { return Ok(see_other("/sign-in")) };
    let next = local(values.text("next"));
    let invitation = next.strip_prefix("/invitations/");
    match sign_in::show_code(&state, &client, token.expose_secret(), values.text("code"), invitation).await {
        Ok(signed_in) => {
            let mut response = welcome(&state, &request, &client, &signed_in, next).await?;
            response.add_cookie(&cookies.without_step())?;
            Ok(response)
        }
        Err(auth::Error::Invalid(errors)) => Ok(answer::unprocessable(&page(next, problems(&errors)))),
        Err(auth::Error::Throttled { wait }) => Ok(throttled(wait, |problem| page(next, vec![problem]))),
        Err(error) => Err(error.into()),
    }
}

fn page(next: &str, problems: Vec<Problem>) -> CodePage {
    let code = Control { autocomplete: "one-time-code", code: true, ..Control::text("code", "Code") };
    CodePage {
        next: next.to_owned(),
        code: code.hint("Six digits from your authenticator app, or one of your recovery codes.").problem(&problems),
        shell: Shell { problems, ..Shell::signed_out("Enter your code") },
    }
}
