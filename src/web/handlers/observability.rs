//! Settings › Observability.

use actix_web::web;

use super::{done, public_url, shown};
use crate::auth;
use crate::broadcast::{self, Destination};
use crate::destination::kinds;
use crate::state::State;
use crate::store::destinations::MOST_PER_KIND;
use crate::web::error::{Error, Result};
use crate::web::extract::{Admin, Visitor};
use crate::web::flash::Notice;
use crate::web::form::Form;
use crate::web::html;
use crate::web::pages::observability::{DestinationRow, DestinationState, Guide, KindRow, ObservabilityPage};
use crate::web::shell::Section;
use crate::web::when::When;

/// `GET /settings/observability`
pub(in crate::web) async fn show(state: web::Data<State>, visitor: Visitor) -> Result {
    let account = auth::account::find(&state, visitor.account()).await?.ok_or(Error::NotFound)?;
    let destinations = broadcast::list(&state, visitor.account()).await?;
    let page = ObservabilityPage {
        shell: visitor.shell(Section::Observability, "Observability"),
        is_on: account.broadcast_enabled,
        can_edit: visitor.can_edit(),
        kinds: kinds::all().iter().map(|kind| kind_row(&kind.manifest, &destinations)).collect(),
        guide: Guide {
            has_destination: !destinations.is_empty(),
            is_on: account.broadcast_enabled,
            public_url: public_url(&state),
        },
        destinations: destinations
            .into_iter()
            .map(|destination| row(destination, account.privacy_mode, &visitor))
            .collect(),
    };
    Ok(shown(&state, visitor.notice, html::ok(&page)))
}

/// `POST /settings/observability/broadcast`: the Enable Broadcast switch.
pub(in crate::web) async fn update(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let enabled = values.is_on("enabled");
    broadcast::switch(&state, &visitor.actor(), enabled).await?;
    let notice = if enabled { Notice::BroadcastOn } else { Notice::BroadcastOff };
    Ok(done(&state, Section::Observability.path(), notice))
}

fn row(destination: Destination, private: bool, visitor: &Visitor) -> DestinationRow {
    let kind = kinds::find(&destination.kind).map_or("Unknown", |kind| kind.manifest.label);
    let tested = broadcast::last_test(&destination).map(|test| When::new(test.tested_at, visitor.now));
    let state = match (destination.enabled, destination.health.as_str()) {
        (false, _) => DestinationState::Paused,
        (true, "failing") => DestinationState::Failing,
        (true, "needs_attention") => DestinationState::NeedsAttention,
        (true, _) => DestinationState::Healthy,
    };
    DestinationRow {
        id: destination.id.to_string(),
        name: destination.name,
        kind,
        target: destination.target,
        state,
        tested,
        is_private: private || destination.privacy_mode,
    }
}

fn kind_row(manifest: &'static crate::destination::Manifest, destinations: &[Destination]) -> KindRow {
    KindRow {
        slug: manifest.slug,
        label: manifest.label,
        summary: format!("Send traces to {}.", manifest.label),
        count: destinations.iter().filter(|destination| destination.kind == manifest.slug).count(),
        limit: usize::try_from(MOST_PER_KIND).unwrap_or_default(),
    }
}
