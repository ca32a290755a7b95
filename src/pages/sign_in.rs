//! Signing in and out.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, web};
use askama::Template;
use secrecy::ExposeSecret as _;

use super::answer::{self, done, see_other, shown, throttled};
use super::components::control::Control;
use super::cookies::Cookies;
use super::error::Result;
use super::flash::Notice;
use super::form::Form;
use super::shell::{Problem, Shell, problems};
use super::visit::Visit;
use super::welcome::{HOME, Next, local, welcome};
use crate::auth;
use crate::auth::sign_in::{Credentials, Progress};
use crate::auth::sign_up::{Policy, policy};
use crate::client::{Client, Whereabouts};
use crate::config::Signup;
use crate::state::State;

/// Asks the browser to forget what it kept of the pages (OWASP ASVS 5.0, 14.3.1).
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// E-mail and password.
#[derive(Debug, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage {
    pub shell: Shell,
    /// The local path to go to afterwards; empty for the settings.
    pub next: String,
    pub fields: Vec<Control>,
    /// Whether everybody may sign up.
    pub can_sign_up: bool,
}

/// `/`
pub(super) async fn home(state: web::Data<State>, whereabouts: Whereabouts) -> Result {
    let is_first = matches!(policy(&state, whereabouts).await?, Policy::First { .. });
    Ok(see_other(if is_first { "/sign-up" } else { HOME }))
}

/// `GET /sign-in`
pub(super) async fn new(state: web::Data<State>, request: HttpRequest, query: Option<web::Query<Next>>) -> Result {
    if Visit::find(&request).await?.is_some() {
        return Ok(see_other(HOME));
    }
    let next = query.map(|query| query.into_inner().next).unwrap_or_default();
    let mut page = page(&state, &next, "", Vec::new());
    let notice = Cookies::new(state.config.is_https()).notice(&request);
    page.shell.notice = notice;
    Ok(shown(&state, notice, answer::ok(&page)))
}

/// `POST /sign-in`
pub(super) async fn create(
    state: web::Data<State>,
    request: HttpRequest,
    client: Client,
    Form(values): Form,
) -> Result {
    let (email, next) = (values.text("email"), values.text("next"));
    let invitation = next.strip_prefix("/invitations/");
    let typed = Credentials { email, password: values.raw("password").into(), invitation };
    match auth::sign_in::sign_in(&state, &client, typed).await {
        Ok(Progress::SignedIn(signed_in)) => welcome(&state, &request, &client, &signed_in, local(next)).await,
        Ok(Progress::SecondFactor(token)) => Ok(super::code::ask(&state, &token, local(next))),
        Err(auth::Error::Invalid(errors)) => Ok(answer::unprocessable(&page(&state, next, email, problems(&errors)))),
        Err(auth::Error::Throttled { wait }) => Ok(throttled(wait, |problem| page(&state, next, email, vec![problem]))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /sign-out`
pub(super) async fn remove(state: web::Data<State>, client: Client, request: HttpRequest) -> Result {
    let cookies = Cookies::new(state.config.is_https());
    if let Some(token) = cookies.session(&request) {
        auth::session::sign_out(&state, &client, token.expose_secret()).await?;
    }
    let mut response = done(&state, "/sign-in", Notice::SignedOut);
    response.add_cookie(&cookies.signed_out())?;
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

fn page(state: &State, next: &str, email: &str, problems: Vec<Problem>) -> SignInPage {
    let fields = vec![Control::email().value(email), Control::password("password", "Password", "current-password")];
    SignInPage {
        next: next.to_owned(),
        fields: fields.into_iter().map(|field| field.problem(&problems)).collect(),
        shell: Shell { problems, ..Shell::signed_out("Sign in") },
        can_sign_up: state.config.signup == Signup::Open,
    }
}
