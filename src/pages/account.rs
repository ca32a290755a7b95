//! The account: its name, account-wide Privacy Mode, the rule about second factors, and the way to the rest.

use actix_web::web;
use askama::Template;

use super::answer::{self, done, shown};
use super::components::control::Control;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::password::{Act, confirmed, renewed};
use super::shell::{Problem, Section, Shell, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::state::State;
use crate::store::Tenant;
use crate::store::accounts::{self, ContentReaders};
use crate::{auth, broadcast};

#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    pub shell: Shell,
    pub name: Control,
    /// Whether Privacy Mode holds for all destinations.
    pub is_private: bool,
    /// Who may read prompts and completions.
    pub content_readers: Control,
    /// Whether every member needs a second factor.
    pub is_second_factor_required: bool,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

/// `GET /settings/account`
pub(super) async fn show(state: web::Data<State>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let page = page(&mut tenant, &visitor, None, Vec::new()).await?;
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST /settings/account/name`
pub(super) async fn rename(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let name = values.text("name");
    let unreadable = values.problems(&["name"]);
    if !unreadable.is_empty() {
        let mut tenant = visitor.tenant(&state).await?;
        return Ok(answer::unprocessable(&page(&mut tenant, &visitor, Some(name), unreadable).await?));
    }
    match auth::account::rename(&state, &visitor.actor(), name).await {
        Ok(()) => Ok(done(&state, Section::Account.path(), Notice::AccountRenamed)),
        Err(auth::Error::Invalid(errors)) => {
            let mut tenant = visitor.tenant(&state).await?;
            Ok(answer::unprocessable(&page(&mut tenant, &visitor, Some(name), problems(&errors)).await?))
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

/// `POST /settings/account/content-readers`. Letting more people read content asks for the password.
pub(super) async fn update_readers(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let mut tenant = visitor.tenant(&state).await?;
    let Some(readers) = ContentReaders::named(values.text("content_readers")) else {
        let problem =
            Problem { field: Some("content_readers".into()), message: "Choose who may read them.".to_owned() };
        return Ok(answer::unprocessable(&page(&mut tenant, &visitor, None, vec![problem]).await?));
    };
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    drop(tenant);
    let mut token = None;
    if readers > account.content_readers {
        let act = Act {
            section: Section::Account,
            what: "let more people read prompts and completions",
            action: "/settings/account/content-readers".to_owned(),
            carried: &["content_readers"],
            back_path: Section::Account.path(),
        };
        token = match confirmed(&state, &visitor, &values, &act).await? {
            Ok(token) => token,
            Err(page) => return Ok(page),
        };
    }
    auth::content::set_readers(&state, &visitor.actor(), readers).await?;
    Ok(renewed(&state, done(&state, Section::Account.path(), Notice::ContentReaders), token.as_ref()))
}

/// Whom the form offers.
const READERS: [(&str, &str); 3] = [("nobody", "Nobody"), ("admins", "Admins"), ("members", "All members")];

/// Who may read content, as a choice.
pub(super) fn readers(chosen: ContentReaders) -> Control {
    Control::choice("content_readers", "Who may read prompts and completions here", &READERS)
        .hint("On the pages of requests. The audit log says who read which. What destinations receive stays the same.")
        .value(chosen.name())
}

async fn page(
    tenant: &mut Tenant,
    visitor: &Visitor,
    name: Option<&str>,
    problems: Vec<Problem>,
) -> Result<AccountPage> {
    let account = accounts::find(tenant).await?.ok_or(Error::NotFound)?;
    Ok(AccountPage {
        name: Control::text("name", "Account name").value(name.unwrap_or(&account.name)).problem(&problems),
        content_readers: readers(account.content_readers).problem(&problems),
        is_private: account.privacy_mode,
        is_second_factor_required: account.second_factor_required,
        can_edit: visitor.can_edit(),
        shell: Shell { problems, ..visitor.shell(Section::Account, "Account") },
    })
}
