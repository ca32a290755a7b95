//! The first account, open sign-up, and sign-up by invitation: one page with three headings.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::answer;
use super::components::control::Control;
use super::error::{Error, Result};
use super::form::{Form, Values};
use super::problem::ProblemPage;
use super::shell::{Problem, Shell, problems};
use super::welcome::{HOME, welcome};
use crate::auth;
use crate::auth::sign_up::{Policy, SignUp, policy};
use crate::client::{Client, Whereabouts};
use crate::state::State;

/// The form that makes a person and, unless invited, an account.
#[derive(Debug, Template)]
#[template(path = "pages/sign_up.html")]
pub struct SignUpPage {
    pub shell: Shell,
    pub heading: String,
    /// One sentence below it.
    pub lead: String,
    /// Where the form goes.
    pub action: String,
    pub fields: Vec<Control>,
    /// The word on the button.
    pub button: &'static str,
    /// Whether nobody has an account yet.
    pub is_first: bool,
    /// Where people go who have an account already.
    pub sign_in_path: String,
}

/// `GET /sign-up`
pub(super) async fn new(state: web::Data<State>, whereabouts: Whereabouts) -> Result {
    Ok(match policy(&state, whereabouts).await? {
        Policy::Invitation => by_invitation(),
        policy => answer::ok(&page(policy, &Values::default(), Vec::new())),
    })
}

/// `POST /sign-up`
pub(super) async fn create(
    state: web::Data<State>,
    request: HttpRequest,
    client: Client,
    whereabouts: Whereabouts,
    Form(values): Form,
) -> Result {
    state.rate_limits.signed_out_form(client.address).map_err(Error::TooOften)?;
    let policy = policy(&state, whereabouts).await?;
    if policy == Policy::Invitation {
        return Ok(by_invitation());
    }
    let unreadable = values.problems(&["account_name", "email", "password", "code"]);
    if !unreadable.is_empty() {
        return Ok(answer::unprocessable(&page(policy, &values, unreadable)));
    }
    let typed = SignUp {
        email: values.text("email"),
        password: values.raw("password").into(),
        account_name: values.text("account_name"),
        code: values.text("code"),
    };
    match auth::sign_up::sign_up(&state, &client, whereabouts, typed).await {
        Ok(signed_in) => welcome(&state, &request, &client, &signed_in, HOME).await,
        Err(auth::Error::Invalid(errors)) => Ok(answer::unprocessable(&page(policy, &values, problems(&errors)))),
        Err(error) => Err(error.into()),
    }
}

fn by_invitation() -> HttpResponse {
    let page = ProblemPage::new(StatusCode::FORBIDDEN).saying(
        "Sign-up is by invitation",
        "Ask an admin of your team's account for an invitation link. If you have an account already, sign in.",
    );
    answer::page(StatusCode::FORBIDDEN, &page)
}

fn page(policy: Policy, values: &Values, problems: Vec<Problem>) -> SignUpPage {
    let is_first = matches!(policy, Policy::First { .. });
    let mut fields = vec![
        Control::text("account_name", "Account name").hint("Your team or company. You can change it later."),
        Control::email(),
        Control::password("password", "Password", "new-password")
            .hint("At least 12 characters. Several words in a row are easy to remember."),
    ];
    if policy == (Policy::First { code: true }) {
        let hint = "The program wrote it to its log when it started, in the line that speaks of a setup code.";
        fields.push(Control::text("code", "Setup code").hint(hint));
    }
    let heading = if is_first { "Create the first account" } else { "Create an account" };
    SignUpPage {
        fields: filled(fields, values, &problems),
        shell: Shell { problems, ..Shell::signed_out(heading) },
        heading: heading.to_owned(),
        lead: "An account has its own destinations, keys and members.".to_owned(),
        action: "/sign-up".to_owned(),
        button: "Create account",
        is_first,
        sign_in_path: "/sign-in".to_owned(),
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
