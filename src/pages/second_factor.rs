//! The second factor: whether it is on, setting it up, recovery codes.

use actix_web::web;
use askama::Template;
use secrecy::{ExposeSecret as _, SecretString};

use super::answer::{self, done, see_other, shown, throttled};
use super::components::control::Control;
use super::components::qr_code;
use super::error::{Error, Result, SECOND_FACTOR};
use super::flash::Notice;
use super::form::Form;
use super::password::{Act, confirmed, renewed};
use super::shell::{Problem, Section, Shell, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::auth::{self, second_factor};
use crate::state::State;
use crate::store;
use crate::totp::TotpSecret;

/// Whether it is on, and what can be done about it.
#[derive(Debug, Template)]
#[template(path = "pages/second_factor.html")]
pub struct SecondFactorPage {
    pub shell: Shell,
    /// Whether it is in force.
    pub is_on: bool,
    /// Recovery codes that are left.
    pub codes_left: i64,
    /// Whether the account requires it and the person lacks it.
    pub is_lacking: bool,
    pub account_name: String,
}

/// The secret, as a picture and as text, and the code that proves it arrived.
#[derive(Template)]
#[template(path = "pages/second_factor_new.html")]
pub struct EnrolPage {
    pub shell: Shell,
    /// The QR code.
    pub picture: Option<String>,
    /// The secret as text.
    pub key: String,
    pub code: Control,
}

/// The recovery codes, shown this once.
#[derive(Template)]
#[template(path = "pages/recovery_codes.html")]
pub struct RecoveryCodesPage {
    pub shell: Shell,
    pub codes: Vec<String>,
}

/// `GET /settings/account/second-factor`
pub(super) async fn show(state: web::Data<State>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let factor = store::second_factor::find_within(&mut tenant, visitor.session.user).await?.ok_or(Error::NotFound)?;
    let page = SecondFactorPage {
        shell: visitor.shell(Section::Account, "Second factor"),
        is_on: factor.is_on,
        codes_left: factor.codes_left,
        is_lacking: visitor.session.lacks_second_factor,
        account_name: visitor.session.account_name.clone(),
    };
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST /settings/account/second-factor/new`: shows the secret that an app scans.
pub(super) async fn new(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let act = act("set up a second factor", "new");
    let token = match confirmed(&state, &visitor, &values, &act).await? {
        Ok(token) => token,
        Err(page) => return Ok(page),
    };
    let Some(secret) = second_factor::begin(&state, visitor.session.user).await? else {
        return Ok(see_other(SECOND_FACTOR));
    };
    Ok(renewed(&state, answer::ok(&enrol_page(&visitor, &secret, Vec::new())), token.as_ref()))
}

/// `POST /settings/account/second-factor`: a code of the new secret puts it into force.
pub(super) async fn create(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let Some(secret) = second_factor::pending(&state, visitor.session.user).await? else {
        return Ok(see_other(SECOND_FACTOR));
    };
    match second_factor::confirm(&state, &visitor.client, &visitor.session, values.text("code")).await {
        Ok(codes) => Ok(answer::ok(&codes_page(&visitor, &codes))),
        Err(auth::Error::Invalid(errors)) => {
            Ok(answer::unprocessable(&enrol_page(&visitor, &secret, problems(&errors))))
        }
        Err(auth::Error::Throttled { wait }) => Ok(throttled(wait, |found| enrol_page(&visitor, &secret, vec![found]))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/account/second-factor/recovery-codes`
pub(super) async fn renew(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let act = act("make new recovery codes", "recovery-codes");
    let token = match confirmed(&state, &visitor, &values, &act).await? {
        Ok(token) => token,
        Err(page) => return Ok(page),
    };
    if !store::second_factor::find(&state.store, visitor.session.user).await?.is_some_and(|factor| factor.is_on) {
        return Ok(see_other(SECOND_FACTOR));
    }
    let codes = second_factor::renew_codes(&state, &visitor.client, &visitor.session).await?;
    Ok(renewed(&state, answer::ok(&codes_page(&visitor, &codes)), token.as_ref()))
}

/// `POST /settings/account/second-factor/remove`
pub(super) async fn remove(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let act = act("turn your second factor off", "remove");
    let token = match confirmed(&state, &visitor, &values, &act).await? {
        Ok(token) => token,
        Err(page) => return Ok(page),
    };
    second_factor::remove(&state, &visitor.client, &visitor.session).await?;
    Ok(renewed(&state, done(&state, SECOND_FACTOR, Notice::SecondFactorOff), token.as_ref()))
}

/// `POST /settings/account/second-factor/required`: whether every member needs one.
pub(super) async fn update(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let required = values.is_on("enabled");
    let act = Act { carried: &["enabled"], ..act("change what members need to sign in", "required") };
    let token = match confirmed(&state, &visitor, &values, &act).await? {
        Ok(token) => token,
        Err(page) => return Ok(page),
    };
    second_factor::require(&state, &visitor.actor(), required).await?;
    let notice = if required { Notice::SecondFactorRequired } else { Notice::SecondFactorOptional };
    Ok(renewed(&state, done(&state, Section::Account.path(), notice), token.as_ref()))
}

fn act(what: &'static str, path: &str) -> Act<'static> {
    Act {
        section: Section::Account,
        what,
        action: format!("{SECOND_FACTOR}/{path}"),
        carried: &[],
        back_path: SECOND_FACTOR,
    }
}

fn enrol_page(visitor: &Visitor, secret: &TotpSecret, problems: Vec<Problem>) -> EnrolPage {
    let code = Control { autocomplete: "one-time-code", code: true, ..Control::text("code", "Code from the app") };
    let key = secret.base32();
    let groups: Vec<_> = key.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    EnrolPage {
        code: code.hint("The six digits that the app shows for Tracecast.").problem(&problems),
        picture: qr_code::data_uri(&secret.uri(&visitor.session.email)),
        key: groups.join(" "),
        shell: Shell { problems, ..visitor.shell(Section::Account, "Set up a second factor") },
    }
}

fn codes_page(visitor: &Visitor, codes: &[SecretString]) -> RecoveryCodesPage {
    RecoveryCodesPage {
        shell: visitor.shell(Section::Account, "Keep your recovery codes"),
        codes: codes.iter().map(|code| code.expose_secret().to_owned()).collect(),
    }
}
