//! Deleting the account.

use actix_web::web;
use askama::Template;

use super::answer::{self, done, throttled};
use super::components::control::Control;
use super::cookies::Cookies;
use super::error::Result;
use super::flash::Notice;
use super::form::{Form, Values};
use super::shell::{Problem, Section, Shell, problems};
use super::visit::{Admin, Visitor};
use crate::auth::{self, account};
use crate::state::State;

/// What goes, and the two things to type.
#[derive(Debug, Template)]
#[template(path = "pages/delete_account.html")]
pub struct DeleteAccountPage {
    pub shell: Shell,
    /// The account's name, to be typed.
    pub account_name: String,
    pub fields: Vec<Control>,
}

/// `GET /settings/account/delete`
pub(super) async fn confirm(Admin(visitor): Admin) -> Result {
    Ok(answer::ok(&page(&visitor, &Values::default(), Vec::new())))
}

/// `POST /settings/account/delete`
pub(super) async fn remove(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let (name, password) = (values.text("account_name"), values.raw("password").into());
    match account::delete(&state, &visitor.client, &visitor.session, name, password).await {
        Ok(()) => {
            let mut response = done(&state, "/sign-in", Notice::AccountDeleted);
            if visitor.accounts.len() == 1 {
                response.add_cookie(&Cookies::new(state.config.is_https()).signed_out())?;
            }
            Ok(response)
        }
        Err(auth::Error::Invalid(errors)) => Ok(answer::unprocessable(&page(&visitor, &values, problems(&errors)))),
        Err(auth::Error::Throttled { wait }) => Ok(throttled(wait, |problem| page(&visitor, &values, vec![problem]))),
        Err(error) => Err(error.into()),
    }
}

fn page(visitor: &Visitor, values: &Values, problems: Vec<Problem>) -> DeleteAccountPage {
    let fields = [
        Control::text("account_name", "Name of the account")
            .hint("Type it as it stands above.")
            .value(values.text("account_name")),
        Control::password("password", "Your password", "current-password"),
    ];
    DeleteAccountPage {
        fields: fields.into_iter().map(|field| field.problem(&problems)).collect(),
        account_name: visitor.session.account_name.clone(),
        shell: Shell { problems, ..visitor.shell(Section::Account, "Delete this account") },
    }
}
