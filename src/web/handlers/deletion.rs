//! Deleting the account: with its name and the password typed.

use actix_web::web;

use super::{done, problems, throttled};
use crate::auth::{self, account};
use crate::state::State;
use crate::web::control::Control;
use crate::web::cookies::Cookies;
use crate::web::error::Result;
use crate::web::extract::{Admin, Visitor};
use crate::web::flash::Notice;
use crate::web::form::{Form, Values};
use crate::web::html;
use crate::web::pages::delete_account::DeleteAccountPage;
use crate::web::shell::{Problem, Section, Shell};

/// `GET /settings/account/delete`
pub(in crate::web) async fn confirm(Admin(visitor): Admin) -> Result {
    Ok(html::ok(&page(&visitor, &Values::default(), Vec::new())))
}

/// `POST /settings/account/delete`
pub(in crate::web) async fn remove(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let (name, password) = (values.text("account_name"), values.raw("password").into());
    match account::delete(&state, &visitor.client, &visitor.session, name, password).await {
        Ok(()) => {
            let mut response = done(&state, "/sign-in", Notice::AccountDeleted);
            if visitor.accounts.len() == 1 {
                response.add_cookie(&Cookies::new(state.config.is_https()).signed_out())?;
            }
            Ok(response)
        }
        Err(auth::Error::Invalid(errors)) => Ok(html::unprocessable(&page(&visitor, &values, problems(&errors)))),
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
