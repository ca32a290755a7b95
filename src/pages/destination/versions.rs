//! The history of a destination's settings, and the way back.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::attempt::{Attempt, CONFLICT, edit_path};
use super::found::find;
use crate::broadcast;
use crate::broadcast::history::{self, Restoring, Version};
use crate::pages::answer::{self, done};
use crate::pages::audit::{ChangeRow, changes};
use crate::pages::components::health::HealthPanel;
use crate::pages::components::verdict::Purpose;
use crate::pages::components::when::When;
use crate::pages::error::{Error, Result};
use crate::pages::flash::Notice;
use crate::pages::form::Form;
use crate::pages::shell::{Section, Shell, problems};
use crate::pages::visit::{Admin, Visit};
use crate::state::State;

/// A destination's revisions.
#[derive(Debug, Template)]
#[template(path = "pages/versions.html")]
pub(crate) struct VersionsPage {
    pub shell: Shell,
    /// The destination's name.
    pub name: String,
    /// The kind's two letters.
    pub sign: &'static str,
    pub health: HealthPanel,
    /// Its address, to which `/versions` is added.
    pub path: String,
    /// The revision in force, so that an outdated tab is noticed.
    pub revision: i32,
    /// The newest first.
    pub rows: Vec<VersionRow>,
    /// Whether the person may go back.
    pub can_edit: bool,
}

/// A revision.
#[derive(Debug)]
pub(crate) struct VersionRow {
    pub number: i32,
    pub when: When,
    /// Empty where it is not known.
    pub who: String,
    pub is_current: bool,
    /// Whether it is the oldest that is known.
    pub is_first: bool,
    pub changes: Vec<ChangeRow>,
}

/// `GET …/versions`
pub(in crate::pages) async fn show(visit: Visit, id: web::Path<String>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let found = find(&mut tenant, &visitor, &id).await?;
    let destination = &found.listed.destination;
    let versions = history::list(&mut tenant, destination.id).await?;
    let row = |(at, version): (usize, &Version)| VersionRow {
        number: version.revision.revision,
        when: When::new(version.revision.created_at, visitor.now),
        who: version.revision.who.clone().unwrap_or_default(),
        is_current: at == 0,
        is_first: version.before.is_none(),
        changes: version.before.as_ref().map(|before| changes(Some(before), Some(&version.after))).unwrap_or_default(),
    };
    Ok(answer::ok(&VersionsPage {
        shell: visitor.shell(Section::Observability, format!("Versions of {}", destination.name)),
        name: destination.name.clone(),
        sign: found.kind.manifest.sign,
        health: HealthPanel::of(&found.listed, visitor.now),
        path: format!("/settings/observability/destinations/{}", destination.id),
        revision: destination.revision,
        rows: versions.iter().enumerate().map(row).collect(),
        can_edit: visitor.can_edit(),
    }))
}

/// `POST …/versions`: makes the settings of an earlier revision those of a new one.
pub(in crate::pages) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let found = find(&mut visitor.tenant(&state).await?, &visitor, &id).await?;
    let attempt = Attempt::of(&visitor, &found);
    let destination = &found.listed.destination;
    let number = |name: &str| values.text(name).parse().unwrap_or_default();
    let which = (number("revision"), number("version"));
    match history::restore(&state, &visitor.actor(), found.kind, destination, which).await {
        Ok(Restoring::Restored) => Ok(done(&state, &edit_path(destination.id), Notice::Restored)),
        Ok(Restoring::Failed(verdict)) => Ok(attempt.failed(Purpose::Test, *verdict)),
        Ok(Restoring::Conflict) => Ok(attempt.refused(StatusCode::CONFLICT, CONFLICT)),
        Ok(Restoring::Unreadable(sentence)) => Ok(attempt.refused(StatusCode::CONFLICT, &sentence)),
        Ok(Restoring::Gone) => Err(Error::NotFound),
        Err(broadcast::Error::Invalid(errors)) => Ok(attempt.wrong(problems(&errors))),
        Err(broadcast::Error::Misruled(mistakes)) => {
            Ok(attempt.refused(StatusCode::UNPROCESSABLE_ENTITY, &format!("Nothing was saved. {mistakes}")))
        }
        Err(broadcast::Error::Busy(busy)) => Ok(attempt.refused(StatusCode::TOO_MANY_REQUESTS, &busy.to_string())),
        Err(error) => Err(error.into()),
    }
}
