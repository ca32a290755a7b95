//! A destination: its form, drawn from the fields of its kind, and what an admin does with it. Stored only if the test passed.

mod page;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

pub use self::page::{DestinationPage, Existing};
use self::page::{Drawing, settings};
use super::answer::{self, done, shown};
use super::confirm::Confirm;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::{Form, Values};
use super::shell::{Problem, Section, problems};
use super::visit::{Admin, Visit, Visitor};
use crate::broadcast::{self, Connecting, Pausing, Typed};
use crate::connection_test::Verdict;
use crate::destination::{Kind, kinds};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::Tenant;
use crate::store::destinations::{self, Destination};

/// The answer to resuming a destination that the program switched off.
const NEEDS_TEST: &str = "Nothing was changed. This destination is switched off, because it accepted nothing for too long. \
                          Press Test Connection: when the test passes, it is on again, and what waits is sent.";

/// `GET /settings/observability/{kind}/new`
pub(super) async fn new(Admin(visitor): Admin, slug: web::Path<String>) -> Result {
    let kind = kinds::find(&slug).ok_or(Error::NotFound)?;
    Ok(answer::ok(&Attempt { visitor: &visitor, kind, destination: None, values: None }.drawing().page()))
}

/// `POST /settings/observability/{kind}`
pub(super) async fn create(
    state: web::Data<State>,
    Admin(visitor): Admin,
    slug: web::Path<String>,
    Form(values): Form,
) -> Result {
    let kind = kinds::find(&slug).ok_or(Error::NotFound)?;
    let attempt = Attempt { visitor: &visitor, kind, destination: None, values: Some(&values) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let typed = typed(kind, &values, kind.manifest.label);
    let connecting = broadcast::connect(&state, &visitor.actor(), kind, &typed).await;
    attempt.conclude(&state, connecting)
}

/// `GET /settings/observability/destinations/{id}/edit`
pub(super) async fn edit(state: web::Data<State>, visit: Visit, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let (kind, destination) = find(&mut tenant, &id).await?;
    let attempt = Attempt { visitor: &visitor, kind, destination: Some(&destination), values: None };
    Ok(shown(&state, visitor.notice, answer::ok(&attempt.drawing().page())))
}

/// `POST /settings/observability/destinations/{id}`
pub(super) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let (kind, destination) = find(&mut visitor.tenant(&state).await?, &id).await?;
    let attempt = Attempt { visitor: &visitor, kind, destination: Some(&destination), values: Some(&values) };
    if let Some(page) = attempt.unreadable() {
        return Ok(page);
    }
    let revision = values.text("revision").parse().unwrap_or_default();
    let typed = typed(kind, &values, &destination.name);
    let connecting = broadcast::reconnect(&state, &visitor.actor(), kind, &destination, revision, &typed).await;
    attempt.conclude(&state, connecting)
}

/// `POST …/rename`
pub(super) async fn rename(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let (kind, destination) = find(&mut visitor.tenant(&state).await?, &id).await?;
    match broadcast::rename(&state, &visitor.actor(), destination.id, values.text("new_name")).await {
        Ok(true) => Ok(done(&state, &edit_path(destination.id), Notice::Renamed)),
        Ok(false) => Err(Error::NotFound),
        Err(broadcast::Error::Invalid(errors)) => {
            let renamed = |problem: Problem| Problem { field: Some("new_name"), ..problem };
            let mut drawing =
                Attempt { visitor: &visitor, kind, destination: Some(&destination), values: None }.drawing();
            drawing.problems = problems(&errors).into_iter().map(renamed).collect();
            let wrong = drawing.problems.clone();
            let mut page = drawing.page();
            page.existing = page.existing.map(|mut existing| {
                existing.name = existing.name.value(values.text("new_name")).problem(&wrong);
                existing
            });
            Ok(answer::unprocessable(&page))
        }
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
            let (kind, destination) = find(&mut visitor.tenant(state).await?, id).await?;
            let attempt = Attempt { visitor, kind, destination: Some(&destination), values: None };
            Ok(attempt.refused(StatusCode::UNPROCESSABLE_ENTITY, NEEDS_TEST))
        }
    }
}

/// `GET …/delete`
pub(super) async fn confirm(Admin(visit): Admin<Visit>, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let (_, destination) = find(&mut tenant, &id).await?;
    let question = format!("Delete {}?", destination.name);
    Ok(answer::ok(&Confirm {
        shell: visitor.shell(Section::Observability, question.clone()),
        question,
        consequence: "Its settings and secrets are erased, and requests that still wait for it are not sent any more."
            .to_owned(),
        button: "Delete",
        action: format!("/settings/observability/destinations/{}/delete", destination.id),
        back_path: edit_path(destination.id),
        back_label: "Back",
    }))
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
    destination: Option<&'a Destination>,
    values: Option<&'a Values>,
}

impl<'a> Attempt<'a> {
    fn drawing(&self) -> Drawing<'a> {
        Drawing {
            visitor: self.visitor,
            kind: self.kind,
            destination: self.destination,
            typed: self.values,
            problems: Vec::new(),
            verdict: None,
        }
    }

    /// The page for fields that hold what cannot be text.
    fn unreadable(&self) -> Option<HttpResponse> {
        let mut known: Vec<_> = self.kind.manifest.fields.iter().map(|field| field.name).collect();
        known.push("name");
        let problems = self.values?.problems(&known);
        (!problems.is_empty()).then(|| answer::unprocessable(&Drawing { problems, ..self.drawing() }.page()))
    }

    fn conclude(&self, state: &State, connecting: std::result::Result<Connecting, broadcast::Error>) -> Result {
        match connecting {
            Ok(Connecting::Stored(id, _)) => {
                let notice = if self.destination.is_some() { Notice::Updated } else { Notice::Connected };
                Ok(done(state, &edit_path(id), notice))
            }
            Ok(Connecting::Failed(verdict)) => Ok(self.failed(*verdict)),
            Ok(Connecting::Conflict) => Ok(self.refused(
                StatusCode::CONFLICT,
                "Somebody changed this destination meanwhile. Nothing was saved. Open it again, then repeat your change.",
            )),
            Ok(Connecting::Gone) => Err(Error::NotFound),
            Ok(Connecting::TooMany) => Ok(self.refused(
                StatusCode::CONFLICT,
                "This account has five destinations of this kind already. Nothing was saved. Delete one first.",
            )),
            Err(broadcast::Error::Invalid(errors)) => {
                let drawing = Drawing { problems: problems(&errors), ..self.drawing() };
                Ok(answer::unprocessable(&drawing.page()))
            }
            Err(broadcast::Error::Busy(busy)) => Ok(self.refused(StatusCode::TOO_MANY_REQUESTS, &busy.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    fn failed(&self, verdict: Verdict) -> HttpResponse {
        let advice = verdict.advice.clone().unwrap_or_default();
        let message = format!("Nothing was saved. {advice}");
        let problems = vec![Problem { field: None, message }];
        answer::unprocessable(&Drawing { problems, verdict: Some(verdict), ..self.drawing() }.page())
    }

    fn refused(&self, status: StatusCode, sentence: &str) -> HttpResponse {
        let problems = vec![Problem { field: None, message: sentence.to_owned() }];
        answer::page(status, &Drawing { problems, ..self.drawing() }.page())
    }
}

async fn find(tenant: &mut Tenant, id: &str) -> Result<(&'static Kind, Destination)> {
    let destination = destinations::find(tenant, parse(id)?).await?.ok_or(Error::NotFound)?;
    let kind = kinds::find(&destination.kind).ok_or(Error::NotFound)?;
    Ok((kind, destination))
}

fn parse(id: &str) -> Result<DestinationId> {
    id.parse().map_err(|_| Error::NotFound)
}

fn edit_path(id: DestinationId) -> String {
    format!("/settings/observability/destinations/{id}/edit")
}

fn typed<'a>(kind: &Kind, values: &'a Values, fallback: &'a str) -> Typed<'a> {
    let name = values.text("name");
    Typed {
        name: if name.is_empty() { fallback } else { name },
        privacy_mode: values.is_on("privacy_mode"),
        settings: settings(kind, values),
    }
}
