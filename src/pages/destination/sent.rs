//! Saves what is sent of a request to a destination. Rows of expressions are added and removed by submits that keep what was typed.

use actix_web::http::StatusCode;
use actix_web::web;

use super::attempt::{Attempt, CONFLICT, edit_path};
use super::found::find;
use super::page::{Drawing, FormPart};
use super::patterns::Patterns;
use super::preview::PreviewPanel;
use super::sent_form::{members, problems};
use crate::auth::content;
use crate::broadcast::preview::{self, Question};
use crate::broadcast::{self, Saving};
use crate::destination::Settings;
use crate::destination::redaction::Redaction;
use crate::pages::answer::{self, done};
use crate::pages::error::{Error, Result};
use crate::pages::flash::Notice;
use crate::pages::form::Form;
use crate::pages::visit::Admin;
use crate::state::State;
use crate::store::accounts;

const NOT_A_READER: &str = "The preview shows prompts and completions, and this account lets nobody in your role read them. Account says who may.";

const TOO_MANY_PREVIEWS: &str =
    "This account made ten previews or dry runs within a minute. Wait a minute, then press Preview again.";

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
    if values.text("do") == "preview" {
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
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    if !account.content_readers.include(attempt.visitor.session.role) {
        return Ok(attempt.refused(StatusCode::FORBIDDEN, NOT_A_READER));
    }
    let open: Settings = stored.settings.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let question = Question {
        private: account.privacy_mode || stored.privacy_mode,
        traces: &attempt.kind.traces(&open),
        proposed,
        stored: stored.sent().unwrap_or_default(),
        key: state.keyring.hash_key(attempt.visitor.account()),
        wanted,
    };
    let found = preview::preview(&mut tenant, question).await?;
    if let Some(shown) = &found.shown {
        content::record_reading(state, &mut tenant, &attempt.visitor.actor(), shown).await?;
        tenant.commit().await?;
    }
    let preview = Some(PreviewPanel::new(&found, attempt.visitor.now));
    Ok(answer::ok(&Drawing { preview, ..attempt.drawing() }.page()))
}
