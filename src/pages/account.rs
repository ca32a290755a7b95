//! The account: its name, account-wide Privacy Mode, the password, signing out.

use actix_web::web;
use askama::Template;

use super::answer::{self, done, shown, throttled};
use super::components::control::Control;
use super::components::when::When;
use super::cookies::Cookies;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::password::{Act, confirmed, renewed};
use super::shell::{Problem, Section, Shell, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::client::device_in_words;
use crate::state::State;
use crate::store::sessions::{self, ListedSession};
use crate::store::{Tenant, accounts, second_factor};
use crate::{auth, broadcast};

#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    pub shell: Shell,
    pub name: Control,
    /// Whether Privacy Mode holds for all destinations.
    pub is_private: bool,
    /// The controls of the password form.
    pub password: Vec<Control>,
    /// Where the person is signed in, this session among them.
    pub sessions: Vec<SessionRow>,
    /// The person's second factor, and the account's rule about it.
    pub second_factor: SecondFactorRow,
    /// Who is signed in.
    pub email: String,
    /// Whether the person may change anything but the password.
    pub can_edit: bool,
}

/// A second factor: the person's, and the account's rule.
#[derive(Debug)]
pub struct SecondFactorRow {
    /// Whether the person shows one when they sign in.
    pub is_on: bool,
    /// Whether every member needs one.
    pub is_required: bool,
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

/// `GET /settings/account`
pub(super) async fn show(state: web::Data<State>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let page = page(&state, &mut tenant, &visitor, None, Vec::new()).await?;
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST /settings/account/name`
pub(super) async fn rename(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let name = values.text("name");
    let unreadable = values.problems(&["name"]);
    if !unreadable.is_empty() {
        let mut tenant = visitor.tenant(&state).await?;
        return Ok(answer::unprocessable(&page(&state, &mut tenant, &visitor, Some(name), unreadable).await?));
    }
    match auth::account::rename(&state, &visitor.actor(), name).await {
        Ok(()) => Ok(done(&state, Section::Account.path(), Notice::AccountRenamed)),
        Err(auth::Error::Invalid(errors)) => {
            let mut tenant = visitor.tenant(&state).await?;
            Ok(answer::unprocessable(&page(&state, &mut tenant, &visitor, Some(name), problems(&errors)).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/account/privacy`. Turning it off lets content leave: that asks for the password.
pub(super) async fn update(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let private = values.is_on("enabled");
    let mut token = None;
    if !private {
        let act = Act {
            section: Section::Account,
            what: "turn Privacy Mode off",
            action: "/settings/account/privacy".to_owned(),
            carried: &["enabled"],
            back_path: Section::Account.path(),
        };
        token = match confirmed(&state, &visitor, &values, &act).await? {
            Ok(token) => token,
            Err(page) => return Ok(page),
        };
    }
    broadcast::set_privacy(&state, &visitor.actor(), private).await?;
    let notice = if private { Notice::PrivacyOn } else { Notice::PrivacyOff };
    Ok(renewed(&state, done(&state, Section::Account.path(), notice), token.as_ref()))
}

/// `POST /settings/account/password`. Asks for the present one, however fresh the session is.
pub(super) async fn change_password(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let (current, new) = (values.raw("current_password").into(), values.raw("password").into());
    match auth::account::change_password(&state, &visitor.client, &visitor.session, current, new).await {
        Ok(signed_in) => {
            let mut response = done(&state, Section::Account.path(), Notice::PasswordChanged);
            response.add_cookie(&Cookies::new(state.config.is_https()).signed_in(&signed_in.session_token))?;
            Ok(response)
        }
        Err(auth::Error::Invalid(errors)) => {
            let mut tenant = visitor.tenant(&state).await?;
            Ok(answer::unprocessable(&page(&state, &mut tenant, &visitor, None, problems(&errors)).await?))
        }
        Err(auth::Error::Throttled { wait }) => {
            let mut tenant = visitor.tenant(&state).await?;
            let mut page = page(&state, &mut tenant, &visitor, None, Vec::new()).await?;
            Ok(throttled(wait, |problem| {
                page.shell.problems = vec![problem];
                page
            }))
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    state: &State,
    tenant: &mut Tenant,
    visitor: &Visitor,
    name: Option<&str>,
    problems: Vec<Problem>,
) -> Result<AccountPage> {
    let account = accounts::find(tenant).await?.ok_or(Error::NotFound)?;
    let password = [
        Control::password("current_password", "Current password", "current-password"),
        Control::password("password", "New password", "new-password").hint("At least 12 characters."),
    ];
    let factor = second_factor::find_within(tenant, visitor.session.user).await?;
    let sessions = sessions::list(tenant, visitor.session.user, state.config.sessions.idle).await?;
    Ok(AccountPage {
        sessions: sessions.into_iter().map(|session| row(session, visitor)).collect(),
        name: Control::text("name", "Account name").value(name.unwrap_or(&account.name)).problem(&problems),
        is_private: account.privacy_mode,
        second_factor: SecondFactorRow {
            is_on: factor.is_some_and(|factor| factor.is_on),
            is_required: account.second_factor_required,
        },
        password: password.into_iter().map(|control| control.problem(&problems)).collect(),
        email: visitor.session.email.clone(),
        can_edit: visitor.can_edit(),
        shell: Shell { problems, ..visitor.shell(Section::Account, "Account") },
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
