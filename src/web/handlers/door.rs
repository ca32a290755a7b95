//! Signing up, in and out.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::{done, problems, see_other, throttled};
use crate::auth::sign_in::{Credentials, Progress};
use crate::auth::sign_up::{Door, SignUp, door};
use crate::auth::{self, SignedIn};
use crate::client::{Client, Whereabouts};
use crate::config::Signup;
use crate::state::State;
use crate::web::control::Control;
use crate::web::cookies::Cookies;
use crate::web::error::{Error, Result};
use crate::web::extract::Visit;
use crate::web::flash::Notice;
use crate::web::form::{Form, Values};
use crate::web::html;
use crate::web::pages::problem::ProblemPage;
use crate::web::pages::sign_in::SignInPage;
use crate::web::pages::sign_up::SignUpPage;
use crate::web::shell::{Problem, Shell};

/// Asks the browser to forget what it kept of the pages (OWASP ASVS 5.0, 14.3.1).
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Where one goes who has just come in.
pub(super) const HOME: &str = "/settings/observability";

/// `/`
pub(in crate::web) async fn home(state: web::Data<State>, whereabouts: Whereabouts) -> Result {
    let is_first = matches!(door(&state, whereabouts).await?, Door::First { .. });
    Ok(see_other(if is_first { "/sign-up" } else { HOME }))
}

/// `GET /sign-up`
pub(in crate::web) async fn new_account(state: web::Data<State>, whereabouts: Whereabouts) -> Result {
    let page = match door(&state, whereabouts).await? {
        Door::Invitation => return Ok(by_invitation()),
        open => sign_up_page(open, &Values::default(), Vec::new()),
    };
    Ok(html::ok(&page))
}

/// `POST /sign-up`
pub(in crate::web) async fn create_account(
    state: web::Data<State>,
    request: HttpRequest,
    client: Client,
    whereabouts: Whereabouts,
    Form(values): Form,
) -> Result {
    state.rate_limits.door(client.address).map_err(Error::TooOften)?;
    let open = door(&state, whereabouts).await?;
    if open == Door::Invitation {
        return Ok(by_invitation());
    }
    let unreadable = values.problems(&["account_name", "email", "password", "code"]);
    if !unreadable.is_empty() {
        return Ok(html::unprocessable(&sign_up_page(open, &values, unreadable)));
    }
    let typed = SignUp {
        email: values.text("email"),
        password: values.raw("password").into(),
        account_name: values.text("account_name"),
        code: values.text("code"),
    };
    match auth::sign_up::sign_up(&state, &client, whereabouts, typed).await {
        Ok(signed_in) => welcome(&state, &request, &client, &signed_in, HOME).await,
        Err(auth::Error::Invalid(errors)) => Ok(html::unprocessable(&sign_up_page(open, &values, problems(&errors)))),
        Err(error) => Err(error.into()),
    }
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// `GET /sign-in`
pub(in crate::web) async fn new_session(
    state: web::Data<State>,
    request: HttpRequest,
    query: Option<web::Query<Next>>,
) -> Result {
    if Visit::find(&request).await?.is_some() {
        return Ok(see_other(HOME));
    }
    let next = query.map(|query| query.into_inner().next).unwrap_or_default();
    let mut page = sign_in_page(&state, &next, "", Vec::new());
    let notice = Cookies::new(state.config.is_https()).notice(&request);
    page.shell.notice = notice;
    Ok(super::shown(&state, notice, html::ok(&page)))
}

/// `POST /sign-in`
pub(in crate::web) async fn create_session(
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
        Err(auth::Error::Invalid(errors)) => {
            Ok(html::unprocessable(&sign_in_page(&state, next, email, problems(&errors))))
        }
        Err(auth::Error::Throttled { wait }) => {
            Ok(throttled(wait, |problem| sign_in_page(&state, next, email, vec![problem])))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /sign-out`
pub(in crate::web) async fn remove_session(state: web::Data<State>, client: Client, request: HttpRequest) -> Result {
    let cookies = Cookies::new(state.config.is_https());
    if let Some(token) = cookies.session(&request) {
        auth::session::sign_out(&state, &client, token.expose_secret()).await?;
    }
    let mut response = done(&state, "/sign-in", Notice::SignedOut);
    response.add_cookie(&cookies.signed_out())?;
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// 303 with the cookie of a new session. The one that the browser had ends: nobody would find it again (OWASP ASVS 5.0, 7.2.4).
pub(super) async fn welcome(
    state: &State,
    request: &HttpRequest,
    client: &Client,
    signed_in: &SignedIn,
    path: &str,
) -> Result {
    let cookies = Cookies::new(state.config.is_https());
    if let Some(before) = cookies.session(request) {
        auth::session::sign_out(state, client, before.expose_secret()).await?;
    }
    let mut response = see_other(path);
    response.add_cookie(&cookies.signed_in(&signed_in.session_token))?;
    Ok(response)
}

/// `next`, if it is a path of this server; else the settings. `//host` and `/\host` lead elsewhere.
pub(super) fn local(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.chars().all(|c| c.is_ascii_graphic());
    if is_local { next } else { HOME }
}

fn by_invitation() -> HttpResponse {
    let page = ProblemPage::new(StatusCode::FORBIDDEN).saying(
        "Sign-up is by invitation",
        "Ask an admin of your team's account for an invitation link. If you have an account already, sign in.",
    );
    html::page(StatusCode::FORBIDDEN, &page)
}

fn sign_up_page(open: Door, values: &Values, problems: Vec<Problem>) -> SignUpPage {
    let is_first = matches!(open, Door::First { .. });
    let mut fields = vec![
        Control::text("account_name", "Account name").hint("Your team or company. You can change it later."),
        Control::email(),
        Control::password("password", "Password", "new-password")
            .hint("At least 12 characters. Several words in a row are easy to remember."),
    ];
    if open == (Door::First { code: true }) {
        let hint = "The program wrote it to its log when it started, in the line that speaks of a setup code.";
        fields.push(Control::text("code", "Setup code").hint(hint));
    }
    let heading = if is_first { "Create the first account" } else { "Create an account" };
    SignUpPage {
        fields: filled(fields, values, &problems),
        shell: Shell { problems, ..Shell::door(heading) },
        heading: heading.to_owned(),
        lead: "An account has its own destinations, keys and members.".to_owned(),
        action: "/sign-up".to_owned(),
        button: "Create account",
        is_first,
        sign_in_path: "/sign-in".to_owned(),
    }
}

fn sign_in_page(state: &State, next: &str, email: &str, problems: Vec<Problem>) -> SignInPage {
    let fields = vec![Control::email().value(email), Control::password("password", "Password", "current-password")];
    SignInPage {
        next: next.to_owned(),
        fields: fields.into_iter().map(|field| field.problem(&problems)).collect(),
        shell: Shell { problems, ..Shell::door("Sign in") },
        can_sign_up: state.config.signup == Signup::Open,
    }
}

/// Controls with what was typed (but no password) and what is wrong.
pub(super) fn filled(fields: Vec<Control>, values: &Values, problems: &[Problem]) -> Vec<Control> {
    let fill = |field: Control| {
        let typed = if field.input == "password" { "" } else { values.text(field.name) };
        let value = if typed.is_empty() { field.value.clone() } else { typed.to_owned() };
        field.value(value).problem(problems)
    };
    fields.into_iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_followed_after_signing_in() {
        assert_eq!(local("/settings/keys"), "/settings/keys");
        for elsewhere in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "settings"] {
            assert_eq!(local(elsewhere), HOME, "{elsewhere:?}");
        }
    }
}
