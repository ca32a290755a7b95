//! The second factor: set up, recovery codes, removed; and the rule of an account that asks for it.

use actix_web::web;
use secrecy::{ExposeSecret as _, SecretString};

use super::confirmation::{Act, confirmed, renewed};
use super::{done, problems, see_other, shown, throttled};
use crate::auth::{self, second_factor};
use crate::state::State;
use crate::store;
use crate::totp::TotpSecret;
use crate::web::control::Control;
use crate::web::error::{Error, Result, SECOND_FACTOR};
use crate::web::extract::{Admin, Visit, Visitor};
use crate::web::flash::Notice;
use crate::web::form::Form;
use crate::web::html;
use crate::web::pages::second_factor::{EnrolPage, RecoveryCodesPage, SecondFactorPage};
use crate::web::qr_code;
use crate::web::shell::{Problem, Section, Shell};

/// `GET /settings/account/second-factor`
pub(in crate::web) async fn show(state: web::Data<State>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let factor = store::second_factor::find_within(&mut tenant, visitor.session.user).await?.ok_or(Error::NotFound)?;
    let page = SecondFactorPage {
        shell: visitor.shell(Section::Account, "Second factor"),
        is_on: factor.is_on,
        codes_left: factor.codes_left,
        is_lacking: visitor.session.lacks_second_factor,
        account_name: visitor.session.account_name.clone(),
    };
    Ok(shown(&state, visitor.notice, html::ok(&page)))
}

/// `POST /settings/account/second-factor/new`: shows the secret that an app scans.
pub(in crate::web) async fn new(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let act = act("set up a second factor", "new");
    let token = match confirmed(&state, &visitor, &values, &act).await? {
        Ok(token) => token,
        Err(page) => return Ok(page),
    };
    let Some(secret) = second_factor::begin(&state, visitor.session.user).await? else {
        return Ok(see_other(SECOND_FACTOR));
    };
    Ok(renewed(&state, html::ok(&enrol_page(&visitor, &secret, Vec::new())), token.as_ref()))
}

/// `POST /settings/account/second-factor`: a code of the new secret puts it into force.
pub(in crate::web) async fn create(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let Some(secret) = second_factor::pending(&state, visitor.session.user).await? else {
        return Ok(see_other(SECOND_FACTOR));
    };
    match second_factor::confirm(&state, &visitor.client, &visitor.session, values.text("code")).await {
        Ok(codes) => Ok(html::ok(&codes_page(&visitor, &codes))),
        Err(auth::Error::Invalid(errors)) => Ok(html::unprocessable(&enrol_page(&visitor, &secret, problems(&errors)))),
        Err(auth::Error::Throttled { wait }) => Ok(throttled(wait, |found| enrol_page(&visitor, &secret, vec![found]))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/account/second-factor/recovery-codes`
pub(in crate::web) async fn renew(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let act = act("make new recovery codes", "recovery-codes");
    let token = match confirmed(&state, &visitor, &values, &act).await? {
        Ok(token) => token,
        Err(page) => return Ok(page),
    };
    if !store::second_factor::find(&state.store, visitor.session.user).await?.is_some_and(|factor| factor.is_on) {
        return Ok(see_other(SECOND_FACTOR));
    }
    let codes = second_factor::renew_codes(&state, &visitor.client, &visitor.session).await?;
    Ok(renewed(&state, html::ok(&codes_page(&visitor, &codes)), token.as_ref()))
}

/// `POST /settings/account/second-factor/remove`
pub(in crate::web) async fn remove(state: web::Data<State>, visitor: Visitor, Form(values): Form) -> Result {
    let act = act("turn your second factor off", "remove");
    let token = match confirmed(&state, &visitor, &values, &act).await? {
        Ok(token) => token,
        Err(page) => return Ok(page),
    };
    second_factor::remove(&state, &visitor.client, &visitor.session).await?;
    Ok(renewed(&state, done(&state, SECOND_FACTOR, Notice::SecondFactorOff), token.as_ref()))
}

/// `POST /settings/account/second-factor/required`: whether every member needs one.
pub(in crate::web) async fn update(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
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
