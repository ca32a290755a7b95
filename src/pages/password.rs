//! Asks for the password again.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use secrecy::SecretString;

use super::answer::{self, throttled};
use super::components::control::Control;
use super::cookies::Cookies;
use super::error::Result;
use super::form::Values;
use super::shell::{Problem, Section, Shell, problems};
use super::visit::Visitor;
use crate::auth::{self, confirmation};
use crate::state::State;

/// The password, and what was asked for before.
#[derive(Debug, Template)]
#[template(path = "pages/password.html")]
pub struct PasswordPage {
    pub shell: Shell,
    /// Continues "Enter your password to …".
    pub what: &'static str,
    /// Whose password.
    pub email: String,
    pub password: Control,
    /// Where the form goes.
    pub action: String,
    /// Hidden values of the form that was sent before.
    pub carried: Vec<(&'static str, String)>,
    pub back_path: &'static str,
}

/// The act that the password confirms.
pub(super) struct Act<'a> {
    pub(super) section: Section,
    /// Continues "Enter your password to …".
    pub(super) what: &'static str,
    /// Where the form went.
    pub(super) action: String,
    /// The fields that are sent again with the password.
    pub(super) carried: &'a [&'static str],
    pub(super) back_path: &'static str,
}

/// Go on, with the session's new token if it got one; or show this page instead.
pub(super) type Confirmed = std::result::Result<Option<SecretString>, HttpResponse>;

/// Whether the password was typed within the last ten minutes, or comes with this form.
pub(super) async fn confirmed(state: &State, visitor: &Visitor, values: &Values, act: &Act<'_>) -> Result<Confirmed> {
    if confirmation::is_fresh(&visitor.session) {
        return Ok(Ok(None));
    }
    let typed = values.raw("password_again");
    if typed.is_empty() {
        return Ok(Err(answer::page(StatusCode::FORBIDDEN, &page(visitor, values, act, Vec::new()))));
    }
    match confirmation::confirm(state, &visitor.client, &visitor.session, typed.into()).await {
        Ok(token) => Ok(Ok(Some(token))),
        Err(auth::Error::Invalid(errors)) => {
            Ok(Err(answer::page(StatusCode::FORBIDDEN, &page(visitor, values, act, problems(&errors)))))
        }
        Err(auth::Error::Throttled { wait }) => {
            Ok(Err(throttled(wait, |problem| page(visitor, values, act, vec![problem]))))
        }
        Err(error) => Err(error.into()),
    }
}

/// The answer with the session's new token.
pub(super) fn renewed(state: &State, mut response: HttpResponse, token: Option<&SecretString>) -> HttpResponse {
    if let Some(token) = token
        && let Err(error) = response.add_cookie(&Cookies::new(state.config.is_https()).signed_in(token))
    {
        tracing::error!(%error, "the cookie of a session could not be set");
    }
    response
}

fn page(visitor: &Visitor, values: &Values, act: &Act<'_>, problems: Vec<Problem>) -> PasswordPage {
    let password = Control::password("password_again", "Password", "current-password");
    PasswordPage {
        password: password.problem(&problems),
        shell: Shell { problems, ..visitor.shell(act.section, "Enter your password") },
        what: act.what,
        email: visitor.session.email.clone(),
        action: act.action.clone(),
        carried: act.carried.iter().map(|name| (*name, values.raw(name).to_owned())).collect(),
        back_path: act.back_path,
    }
}
