//! A destination: its form in two parts that save themselves, and what an admin does with it. The connection is stored only if the
//! test passed; name, Privacy Mode and defaults need none.

mod attempt;
mod backfill;
mod choosing;
mod draft;
mod dry_run;
mod found;
mod page;
mod patterns;
mod preview;
pub(super) mod requests;
pub(super) mod sent;
mod sent_form;
pub(super) mod signing_secret;
pub(super) mod versions;

use actix_web::http::StatusCode;
use actix_web::web;

use self::attempt::{Attempt, CONFLICT, edit_path};
pub use self::backfill::Backfill;
pub use self::choosing::{BudgetRow, Choice, Choosing, GroupRows, KeyBox, RuleRow, Threshold};
pub use self::dry_run::DryRunPanel;
pub(super) use self::dry_run::words as left_out;
use self::found::{Found, find, parse};
pub use self::page::{DestinationPage, Existing};
use self::page::{Drawing, FormPart, settings};
use super::answer::{self, done, shown};
use super::components::amount::count_up_to;
use super::components::verdict::Purpose;
use super::confirm::Confirm;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::shell::{Section, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::broadcast::listing::Listed;
use crate::broadcast::{self, Chosen, Pausing, Saving, Typed, Untested};
use crate::destination::kinds;
use crate::state::State;
use crate::store::cursors::{Lag, MOST_COUNTED};

/// The answer to resuming a destination that the program switched off.
const NEEDS_TEST: &str = "Nothing was changed. This destination is switched off. Press Test Connection: when the test passes, it is on again, and what waits is sent.";

/// `GET /settings/observability/{kind}/new`
pub(super) async fn new(Admin(visitor): Admin, slug: web::Path<String>) -> Result {
    let kind = kinds::find(&slug).ok_or(Error::NotFound)?;
    Ok(answer::ok(&Attempt::new(&visitor, kind).drawing().page()))
}

/// `POST /settings/observability/{kind}`
pub(super) async fn create(
    state: web::Data<State>,
    Admin(visitor): Admin,
    slug: web::Path<String>,
    Form(values): Form,
) -> Result {
    let kind = kinds::find(&slug).ok_or(Error::NotFound)?;
    let attempt = Attempt { values: Some(&values), ..Attempt::new(&visitor, kind) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let typed = Typed {
        name: Some(values.text("name")).filter(|name| !name.is_empty()).unwrap_or(kind.manifest.label),
        privacy_mode: values.is_on("privacy_mode"),
        enabled: None,
        chosen: Chosen::default(),
        settings: settings(kind, &values, None),
        may_repeat: false,
    };
    let connecting = broadcast::connect(&state, &visitor.actor(), kind, &typed).await;
    attempt.conclude(&state, connecting)
}

/// `GET /settings/observability/destinations/{id}/edit`
pub(super) async fn edit(state: web::Data<State>, visit: Visit, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let found = find(&mut tenant, &visitor, &id).await?;
    let backfill = backfill::offer(&state, &mut tenant, &visitor, &found).await?;
    let page = Drawing { backfill, ..Attempt::of(&visitor, &found).drawing() }.page();
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST /settings/observability/destinations/{id}`: the connection, and whatever else was sent with it.
pub(super) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let found = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let Found { kind, listed, .. } = &found;
    let attempt = Attempt { values: Some(&values), ..Attempt::of(&visitor, &found) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let stored = &listed.destination;
    let typed = Typed {
        name: Some(values.text("name")).filter(|name| !name.is_empty()).unwrap_or(&stored.name),
        privacy_mode: if values.has("privacy_mode") { values.is_on("privacy_mode") } else { stored.privacy_mode },
        enabled: None,
        chosen: Chosen::default(),
        settings: settings(kind, &values, Some(stored)),
        may_repeat: false,
    };
    let connecting = broadcast::reconnect(&state, &visitor.actor(), kind, stored, attempt.revision(), &typed).await;
    attempt.conclude(&state, connecting)
}

/// `POST …/defaults`: name, Privacy Mode, and what fills in for requests that name nothing.
pub(super) async fn save(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let found = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let Found { kind, listed, .. } = &found;
    let attempt = Attempt { values: Some(&values), part: FormPart::Defaults, ..Attempt::of(&visitor, &found) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let stored = &listed.destination;
    let typed = Untested {
        name: values.text("name"),
        privacy_mode: values.is_on("privacy_mode"),
        enabled: None,
        chosen: Chosen::default(),
        defaults: settings(kind, &values, Some(stored)),
    };
    match broadcast::save(&state, &visitor.actor(), kind, stored, attempt.revision(), &typed).await {
        Ok(Saving::Saved) => Ok(done(&state, &edit_path(stored.id), Notice::Saved)),
        Ok(Saving::Conflict) => Ok(attempt.refused(StatusCode::CONFLICT, CONFLICT)),
        Ok(Saving::Gone) => Err(Error::NotFound),
        Err(broadcast::Error::Invalid(errors)) => Ok(attempt.wrong(problems(&errors))),
        Err(error) => Err(error.into()),
    }
}

/// `POST …/send-trace`: sends the example trace with the stored settings, and shows its id.
pub(super) async fn send_trace(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let found = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let attempt = Attempt::of(&visitor, &found);
    match broadcast::send_trace(&state, visitor.account(), found.listed.destination.id).await {
        Ok(Some(verdict)) if verdict.passed => {
            let verdict = Some((Purpose::Example, verdict));
            Ok(answer::ok(&Drawing { verdict, ..attempt.drawing() }.page()))
        }
        Ok(Some(verdict)) => Ok(attempt.failed(Purpose::Example, verdict)),
        Ok(None) => Err(Error::NotFound),
        Err(broadcast::Error::Invalid(errors)) => Ok(attempt.wrong(problems(&errors))),
        Err(broadcast::Error::Busy(busy)) => Ok(attempt.refused(StatusCode::TOO_MANY_REQUESTS, &busy.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// `POST …/pause`
pub(super) async fn pause(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let pausing = broadcast::pause(&state, &visitor.actor(), parse(&id)?).await?;
    paused(&state, &visitor, &id, pausing, Notice::Paused).await
}

/// `POST …/resume`
pub(super) async fn resume(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let pausing = broadcast::resume(&state, &visitor.actor(), parse(&id)?).await?;
    paused(&state, &visitor, &id, pausing, Notice::Resumed).await
}

async fn paused(state: &State, visitor: &Visitor, id: &str, pausing: Pausing, notice: Notice) -> Result {
    match pausing {
        Pausing::Done => Ok(done(state, &edit_path(parse(id)?), notice)),
        Pausing::Gone => Err(Error::NotFound),
        Pausing::SwitchedOff => {
            let found = find(&mut visitor.tenant(state).await?, visitor, id).await?;
            Ok(Attempt::of(visitor, &found).refused(StatusCode::UNPROCESSABLE_ENTITY, NEEDS_TEST))
        }
    }
}

/// `GET …/delete`
pub(super) async fn confirm(Admin(visit): Admin<Visit>, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let Listed { destination, lag, .. } = find(&mut tenant, &visitor, &id).await?.listed;
    let question = format!("Delete {}?", destination.name);
    Ok(answer::ok(&Confirm {
        shell: visitor.shell(Section::Observability, question.clone()),
        question,
        consequence: format!("Its settings and secrets are erased. {}", what_is_lost(&lag)),
        button: "Delete",
        action: format!("/settings/observability/destinations/{}/delete", destination.id),
        back_path: edit_path(destination.id),
        back_label: destination.name,
    }))
}

fn what_is_lost(lag: &Lag) -> String {
    match lag.waiting {
        0 => "No request waits for it.".to_owned(),
        1 => "1 request waits for it and is not sent any more.".to_owned(),
        waiting => {
            let requests = count_up_to(waiting, MOST_COUNTED, "request");
            format!("{requests} wait for it and are not sent any more.")
        }
    }
}

/// `POST …/delete`
pub(super) async fn remove(state: web::Data<State>, Admin(visitor): Admin, id: web::Path<String>) -> Result {
    let removed = broadcast::remove(&state, &visitor.actor(), parse(&id)?).await?;
    removed.then(|| done(&state, Section::Observability.path(), Notice::Deleted)).ok_or(Error::NotFound)
}
