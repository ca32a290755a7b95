//! Saves what is sent of a request to a destination. Rows of expressions are added and removed by submits that keep what was typed.

use actix_web::http::StatusCode;
use actix_web::web;

use super::attempt::{Attempt, CONFLICT, edit_path};
use super::found::find;
use super::page::FormPart;
use super::patterns::Patterns;
use super::sent_form::{members, problems};
use crate::broadcast::{self, Saving};
use crate::pages::answer::{self, done};
use crate::pages::error::{Error, Result};
use crate::pages::flash::Notice;
use crate::pages::form::Form;
use crate::pages::visit::Admin;
use crate::state::State;

/// `POST …/sent`
pub(in crate::pages) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
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
    match broadcast::redact(&state, &visitor.actor(), stored, attempt.revision(), &redaction).await {
        Ok(Saving::Saved) => Ok(done(&state, &edit_path(stored.id), Notice::Saved)),
        Ok(Saving::Conflict) => Ok(attempt.refused(StatusCode::CONFLICT, CONFLICT)),
        Ok(Saving::Gone) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}
