//! A destination: its form in two parts that save themselves, and what an admin does with it. The connection is stored only if the
//! test passed; name, Privacy Mode and defaults need none.

mod page;
pub(super) mod signing_secret;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

pub use self::page::{DestinationPage, Existing};
use self::page::{Drawing, FormPart, settings};
use super::answer::{self, done, shown};
use super::components::amount::count_up_to;
use super::components::verdict::Purpose;
use super::confirm::Confirm;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::{Form, Values};
use super::shell::{Problem, Section, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::broadcast::listing::{self, Listed};
use crate::broadcast::{self, Connecting, Pausing, Saving, Typed, Untested};
use crate::connection_test::Verdict;
use crate::destination::{Kind, kinds};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::cursors::{Lag, MOST_COUNTED};
use crate::store::{Tenant, accounts};

/// The answer to whoever began with settings that are not the stored ones any more.
const CONFLICT: &str =
    "Somebody changed this destination meanwhile. Nothing was saved. Open it again, then repeat your change.";

/// The part of the page that shows a test, for faults that no field mends.
const TEST_RESULT: &str = "test-result";

/// The answer to resuming a destination that the program switched off.
const NEEDS_TEST: &str = "Nothing was changed. This destination is switched off. Press Test Connection: when the test passes, it is on again, and what waits is sent.";

/// `GET /settings/observability/{kind}/new`
pub(super) async fn new(Admin(visitor): Admin, slug: web::Path<String>) -> Result {
    let kind = kinds::find(&slug).ok_or(Error::NotFound)?;
    Ok(answer::ok(&Attempt::new(&visitor, kind, None).drawing().page()))
}

/// `POST /settings/observability/{kind}`
pub(super) async fn create(
    state: web::Data<State>,
    Admin(visitor): Admin,
    slug: web::Path<String>,
    Form(values): Form,
) -> Result {
    let kind = kinds::find(&slug).ok_or(Error::NotFound)?;
    let attempt = Attempt { values: Some(&values), ..Attempt::new(&visitor, kind, None) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let typed = Typed {
        name: Some(values.text("name")).filter(|name| !name.is_empty()).unwrap_or(kind.manifest.label),
        privacy_mode: values.is_on("privacy_mode"),
        settings: settings(kind, &values, None),
    };
    let connecting = broadcast::connect(&state, &visitor.actor(), kind, &typed).await;
    attempt.conclude(&state, connecting)
}

/// `GET /settings/observability/destinations/{id}/edit`
pub(super) async fn edit(state: web::Data<State>, visit: Visit, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let (kind, listed) = find(&mut tenant, &visitor, &id).await?;
    let attempt = Attempt::new(&visitor, kind, Some(&listed));
    Ok(shown(&state, visitor.notice, answer::ok(&attempt.drawing().page())))
}

/// `POST /settings/observability/destinations/{id}`: the connection, and whatever else was sent with it.
pub(super) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let (kind, listed) = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let attempt = Attempt { values: Some(&values), ..Attempt::new(&visitor, kind, Some(&listed)) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let stored = &listed.destination;
    let typed = Typed {
        name: Some(values.text("name")).filter(|name| !name.is_empty()).unwrap_or(&stored.name),
        privacy_mode: if values.has("privacy_mode") { values.is_on("privacy_mode") } else { stored.privacy_mode },
        settings: settings(kind, &values, Some(stored)),
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
    let (kind, listed) = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let attempt =
        Attempt { values: Some(&values), part: FormPart::Defaults, ..Attempt::new(&visitor, kind, Some(&listed)) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let stored = &listed.destination;
    let typed = Untested {
        name: values.text("name"),
        privacy_mode: values.is_on("privacy_mode"),
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
    let (kind, listed) = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let attempt = Attempt::new(&visitor, kind, Some(&listed));
    match broadcast::send_trace(&state, visitor.account(), listed.destination.id).await {
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
            let (kind, listed) = find(&mut visitor.tenant(state).await?, visitor, id).await?;
            let attempt = Attempt::new(visitor, kind, Some(&listed));
            Ok(attempt.refused(StatusCode::UNPROCESSABLE_ENTITY, NEEDS_TEST))
        }
    }
}

/// `GET …/delete`
pub(super) async fn confirm(Admin(visit): Admin<Visit>, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let (_, Listed { destination, lag, .. }) = find(&mut tenant, &visitor, &id).await?;
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

/// A form that was sent, or is about to be.
struct Attempt<'a> {
    visitor: &'a Visitor,
    kind: &'static Kind,
    listed: Option<&'a Listed>,
    values: Option<&'a Values>,
    /// The part of the form that was sent.
    part: FormPart,
}

impl<'a> Attempt<'a> {
    fn new(visitor: &'a Visitor, kind: &'static Kind, listed: Option<&'a Listed>) -> Self {
        Self { visitor, kind, listed, values: None, part: FormPart::Connection }
    }

    fn drawing(&self) -> Drawing<'a> {
        Drawing {
            visitor: self.visitor,
            kind: self.kind,
            listed: self.listed,
            typed: self.values,
            part: self.part,
            problems: Vec::new(),
            verdict: None,
        }
    }

    /// The revision with which the person began.
    fn revision(&self) -> i32 {
        self.values.map(|values| values.text("revision")).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The page for fields that hold what cannot be text.
    fn unreadable(&self) -> Option<HttpResponse> {
        let mut known: Vec<_> = self.kind.manifest.fields.iter().map(|field| field.name).collect();
        known.push("name");
        let problems = self.values?.problems(&known);
        (!problems.is_empty()).then(|| self.wrong(problems))
    }

    fn conclude(&self, state: &State, connecting: std::result::Result<Connecting, broadcast::Error>) -> Result {
        match connecting {
            Ok(Connecting::Stored(id, _)) => {
                let notice = if self.listed.is_some() { Notice::Updated } else { Notice::Connected };
                Ok(done(state, &edit_path(id), notice))
            }
            Ok(Connecting::Failed(verdict)) => Ok(self.failed(Purpose::Test, *verdict)),
            Ok(Connecting::Conflict) => Ok(self.refused(StatusCode::CONFLICT, CONFLICT)),
            Ok(Connecting::Gone) => Err(Error::NotFound),
            Ok(Connecting::TooMany) => Ok(self.refused(
                StatusCode::CONFLICT,
                "This account has five destinations of this kind already. Nothing was saved. Delete one first.",
            )),
            Err(broadcast::Error::Invalid(errors)) => Ok(self.wrong(problems(&errors))),
            Err(broadcast::Error::Busy(busy)) => Ok(self.refused(StatusCode::TOO_MANY_REQUESTS, &busy.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// The page that says why nothing came of it, at the field where it is mended.
    fn failed(&self, purpose: Purpose, verdict: Verdict) -> HttpResponse {
        let field = verdict.field.as_deref().and_then(|name| self.kind.manifest.field(name));
        let field = Some(field.map_or(TEST_RESULT, |field| field.name));
        let problems = vec![Problem { field, message: verdict.advice.clone().unwrap_or_default() }];
        answer::unprocessable(&Drawing { problems, verdict: Some((purpose, verdict)), ..self.drawing() }.page())
    }

    fn wrong(&self, problems: Vec<Problem>) -> HttpResponse {
        answer::unprocessable(&Drawing { problems, ..self.drawing() }.page())
    }

    fn refused(&self, status: StatusCode, sentence: &str) -> HttpResponse {
        let problems = vec![Problem { field: None, message: sentence.to_owned() }];
        answer::page(status, &Drawing { problems, ..self.drawing() }.page())
    }
}

async fn find(tenant: &mut Tenant, visitor: &Visitor, id: &str) -> Result<(&'static Kind, Listed)> {
    let id = parse(id)?;
    let account = accounts::find(tenant).await?.ok_or(Error::NotFound)?;
    let listed = listing::find(tenant, id, &account, visitor.now).await?.ok_or(Error::NotFound)?;
    let kind = kinds::find(&listed.destination.kind).ok_or(Error::NotFound)?;
    Ok((kind, listed))
}

fn parse(id: &str) -> Result<DestinationId> {
    id.parse().map_err(|_| Error::NotFound)
}

fn edit_path(id: DestinationId) -> String {
    format!("/settings/observability/destinations/{id}/edit")
}
