//! The signing secret of a webhook: made or replaced by a button, and shown this once.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use secrecy::ExposeSecret as _;

use super::attempt::{Attempt, CONFLICT, edit_path};
use super::found::{Found, find};
use crate::broadcast::{self, Replacing};
use crate::destination::kinds::webhook;
use crate::pages::answer;
use crate::pages::error::{Error, Result};
use crate::pages::form::Form;
use crate::pages::shell::{Section, Shell};
use crate::pages::visit::Admin;
use crate::state::State;

/// A new secret, shown this once.
#[derive(Template)]
#[template(path = "pages/signing_secret.html")]
pub(crate) struct SigningSecretPage {
    pub shell: Shell,
    /// The destination's name.
    pub name: String,
    /// `whsec_…`
    pub secret: String,
    /// Whether the one before signs as well for a day.
    pub is_replaced: bool,
    /// The destination's settings.
    pub back_path: String,
}

/// `POST …/signing-secret`
///
/// The answer is the page itself, as with API keys: a redirect would have to keep the secret somewhere. Whoever sends the form
/// again names a revision that is no more, so that a reload replaces nothing.
pub(in crate::pages) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let found = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let Found { kind, listed, .. } = &found;
    if kind.manifest.slug != webhook::SLUG {
        return Err(Error::NotFound);
    }
    let destination = &listed.destination;
    let conflict = || Ok(Attempt::of(&visitor, &found).refused(StatusCode::CONFLICT, CONFLICT));
    if values.text("revision") != destination.revision.to_string() {
        return conflict();
    }
    match broadcast::replace_signing_secret(&state, &visitor.actor(), destination.id).await? {
        Replacing::Replaced(new) => Ok(answer::ok(&SigningSecretPage {
            shell: visitor.shell(Section::Observability, format!("Signing secret of {}", destination.name)),
            name: destination.name.clone(),
            secret: new.secret.expose_secret().to_owned(),
            is_replaced: new.older_until.is_some(),
            back_path: edit_path(destination.id),
        })),
        Replacing::Conflict => conflict(),
        Replacing::Gone => Err(Error::NotFound),
    }
}
