//! You: the password, the second factor, and where you are signed in.

use actix_web::web;
use askama::Template;

use super::answer::{self, done, shown, throttled};
use super::components::control::Control;
use super::components::when::When;
use super::cookies::Cookies;
use super::error::Result;
use super::flash::Notice;
use super::form::Form;
use super::shell::{Problem, Section, Shell, problems};
use super::visit::{Visit, Visitor};
use crate::auth;
use crate::client::device_in_words;
use crate::state::State;
use crate::store::sessions::{self, ListedSession};
use crate::store::{Tenant, second_factor};

/// Where the page is.
pub const PATH: &str = "/settings/account/you";

#[derive(Debug, Template)]
#[template(path = "pages/you.html")]
pub struct YouPage {
    pub shell: Shell,
    /// Who is signed in.
    pub email: String,
    /// The controls of the password form.
    pub password: Vec<Control>,
    /// Whether the person shows a second factor when they sign in.
    pub has_second_factor: bool,
    /// Where the person is signed in, this session among them.
    pub sessions: Vec<SessionRow>,
}

#[derive(Debug)]
pub struct SessionRow {
    /// Its id, as in its address.
    pub id: String,
    /// Browser and system, in a few words.
    pub device: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The network address it began at.
    pub address: String,
    pub begun: When,
    pub used: When,
    /// Whether it is the session of this request.
    pub is_this: bool,
}

/// `GET /settings/account/you`
pub(super) async fn show(state: web::Data<State>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let page = page(&state, &mut tenant, &visitor, Vec::new()).await?;
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST /settings/account/password`. Asks for the present one, however fresh the session is.
pub(super) async fn update(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let (current, new) = (values.raw("current_password").into(), values.raw("password").into());
    match auth::account::change_password(&state, &visitor.client, &visitor.session, current, new).await {
        Ok(signed_in) => {
            let mut response = done(&state, PATH, Notice::PasswordChanged);
            response.add_cookie(&Cookies::new(state.config.is_https()).signed_in(&signed_in.session_token))?;
            Ok(response)
        }
        Err(auth::Error::Invalid(errors)) => {
            let mut tenant = visitor.tenant(&state).await?;
            Ok(answer::unprocessable(&page(&state, &mut tenant, &visitor, problems(&errors)).await?))
        }
        Err(auth::Error::Throttled { wait }) => {
            let mut tenant = visitor.tenant(&state).await?;
            let mut page = page(&state, &mut tenant, &visitor, Vec::new()).await?;
            Ok(throttled(wait, |problem| {
                page.shell.problems = vec![problem];
                page
            }))
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(state: &State, tenant: &mut Tenant, visitor: &Visitor, problems: Vec<Problem>) -> Result<YouPage> {
    let password = [
        Control::password("current_password", "Current password", "current-password"),
        Control::password("password", "New password", "new-password").hint("At least 12 characters."),
    ];
    let factor = second_factor::find_within(tenant, visitor.session.user).await?;
    let sessions = sessions::list(tenant, visitor.session.user, state.config.sessions.idle).await?;
    Ok(YouPage {
        email: visitor.session.email.clone(),
        password: password.into_iter().map(|control| control.problem(&problems)).collect(),
        has_second_factor: factor.is_some_and(|factor| factor.is_on),
        sessions: sessions.into_iter().map(|session| row(session, visitor)).collect(),
        shell: Shell { problems, ..visitor.shell(Section::Account, "You") },
    })
}

fn row(session: ListedSession, visitor: &Visitor) -> SessionRow {
    SessionRow {
        id: session.id.to_string(),
        device: device_in_words(&session.device),
        user_agent: session.device,
        address: session.address,
        begun: When::new(session.created_at, visitor.now),
        used: When::new(session.last_used_at, visitor.now),
        is_this: session.id == visitor.session.id,
    }
}
