//! Saves what is sent of a request to a destination. Rows of expressions are added and removed by submits that keep what was typed.

use actix_web::http::StatusCode;
use actix_web::web;

use super::attempt::{Attempt, CONFLICT, edit_path};
use super::found::find;
use super::page::{Drawing, FormPart};
use super::patterns::Patterns;
use super::preview::PreviewPanel;
use super::sent_form::{members, problems};
use crate::broadcast::preview::{self, Question};
use crate::broadcast::{self, Saving};
use crate::destination::redaction::Redaction;
use crate::pages::answer::{self, done};
use crate::pages::error::{Error, Result};
use crate::pages::flash::Notice;
use crate::pages::form::Form;
use crate::pages::visit::Visitor;
use crate::state::State;

const NOT_A_READER: &str = "The preview shows prompts and completions, and this account lets nobody in your role read them. Account says who may.";

const TOO_MANY_PREVIEWS: &str =
    "This account made ten previews or dry runs within a minute. Wait a minute, then press Preview again.";

/// `POST …/sent`. Members who may read content see the preview, too; saving is for admins.
pub(in crate::pages) async fn update(
    state: web::Data<State>,
    visitor: Visitor,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let is_preview = values.text("do") == "preview";
    if !visitor.can_edit() && !is_preview {
        return Err(Error::Forbidden);
    }
    let found = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let attempt = Attempt { values: Some(&values), part: FormPart::Sent, ..Attempt::of(&visitor, &found) };
    if Patterns::is_step(&values) {
        return Ok(answer::ok(&attempt.drawing().page()));
    }
    let stored = &found.listed.destination;
    // What a newer version stored was said to be replaced.
    let mut redaction = stored.sent().unwrap_or_default();
    if let Err(mistakes) = redaction.replace(&members(&values)) {
        return Ok(attempt.wrong(problems(&mistakes)));
    }
    if is_preview {
        return preview(&state, attempt, redaction, values.text("preview-of")).await;
    }
    match broadcast::redact(&state, &visitor.actor(), stored, attempt.revision(), &redaction).await {
        Ok(Saving::Saved) => Ok(done(&state, &edit_path(stored.id), Notice::Saved)),
        Ok(Saving::Conflict) => Ok(attempt.refused(StatusCode::CONFLICT, CONFLICT)),
        Ok(Saving::Gone) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

/// The page with what would be sent of one request, for those who may read content. Nothing is saved but that they read it.
async fn preview(state: &State, attempt: Attempt<'_>, proposed: Redaction, wanted: &str) -> Result {
    let Some(stored) = attempt.listed.map(|listed| &listed.destination) else { return Err(Error::NotFound) };
    if state.rate_limits.dry_run(attempt.visitor.account()).is_err() {
        return Ok(attempt.refused(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_PREVIEWS));
    }
    let mut tenant = attempt.visitor.tenant(state).await?;
    let (actor, role) = (attempt.visitor.actor(), attempt.visitor.session.role);
    let question = Question { destination: stored, proposed, wanted };
    let Some(found) = preview::preview(state, &mut tenant, (&actor, role), question).await? else {
        return Ok(attempt.refused(StatusCode::FORBIDDEN, NOT_A_READER));
    };
    tenant.commit().await?;
    let preview = Some(PreviewPanel::new(&found, attempt.visitor.now));
    Ok(answer::ok(&Drawing { preview, ..attempt.drawing() }.page()))
}
