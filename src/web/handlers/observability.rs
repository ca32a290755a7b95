//! Settings › Observability.

use std::time::Duration;

use actix_web::web;

use super::{done, public_url, shown};
use crate::broadcast::listing::{self, Listed};
use crate::broadcast::{last_test, switch};
use crate::destination::{Manifest, kinds};
use crate::recorder::Buffer;
use crate::state::State;
use crate::store::accounts::{self, Account};
use crate::store::destinations::MOST_PER_KIND;
use crate::store::losses;
use crate::web::amount::count;
use crate::web::error::{Error, Result};
use crate::web::extract::{Admin, Visit, Visitor};
use crate::web::flash::Notice;
use crate::web::form::Form;
use crate::web::html;
use crate::web::pages::observability::{DestinationRow, Guide, KindRow, Losses, ObservabilityPage};
use crate::web::shell::Section;
use crate::web::standing::Standing;
use crate::web::when::{When, span};

/// `GET /settings/observability`
pub(in crate::web) async fn show(state: web::Data<State>, recording: web::Data<Buffer>, visit: Visit) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    let destinations = listing::list(&mut tenant, &account, visitor.now).await?;
    let lost = losses::count(&mut tenant, state.config.delivery.retention).await?;
    let page = ObservabilityPage {
        shell: visitor.shell(Section::Observability, "Observability"),
        is_on: account.broadcast_enabled,
        can_edit: visitor.can_edit(),
        losses: losses_row(&state, lost),
        late: recording.late().map(waited),
        widened: widened(&state),
        kinds: kinds::all().iter().map(|kind| kind_row(&kind.manifest, &destinations)).collect(),
        guide: Guide {
            has_destination: !destinations.is_empty(),
            is_on: account.broadcast_enabled,
            public_url: public_url(&state),
        },
        destinations: destinations.into_iter().map(|listed| row(listed, &account, &visitor)).collect(),
    };
    Ok(shown(&state, visitor.notice, html::ok(&page)))
}

/// `POST /settings/observability/broadcast`: the Enable Broadcast switch.
pub(in crate::web) async fn update(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let enabled = values.is_on("enabled");
    switch(&state, &visitor.actor(), enabled).await?;
    let notice = if enabled { Notice::BroadcastOn } else { Notice::BroadcastOff };
    Ok(done(&state, Section::Observability.path(), notice))
}

fn row(listed: Listed, account: &Account, visitor: &Visitor) -> DestinationRow {
    let standing = Standing::of(&listed, visitor.now);
    let destination = listed.destination;
    let kind = kinds::find(&destination.kind).map_or("Unknown", |kind| kind.manifest.label);
    let last_test = last_test(&destination);
    DestinationRow {
        id: destination.id.to_string(),
        kind,
        standing,
        tested: last_test.as_ref().map(|test| When::new(test.tested_at, visitor.now)),
        is_widened: last_test.is_some_and(|test| test.is_widened()),
        is_private: account.privacy_mode || destination.privacy_mode,
        name: destination.name,
        target: destination.target,
    }
}

/// What the operator's settings let through that the address rule refuses; empty for nothing (spec 5.1).
fn widened(state: &State) -> &'static str {
    match (!state.config.egress_allow.is_empty(), state.config.egress_allow_http) {
        (true, true) => {
            "The operator of this server lets traces go to some addresses that are not on the public internet \
             (TRACECAST_EGRESS_ALLOW), and over plain http, where others on the way can read them \
             (TRACECAST_EGRESS_ALLOW_HTTP)."
        }
        (true, false) => {
            "The operator of this server lets traces go to some addresses that are not on the public internet \
             (TRACECAST_EGRESS_ALLOW)."
        }
        (false, true) => {
            "The operator of this server lets traces go over plain http, where others on the way can read them \
             (TRACECAST_EGRESS_ALLOW_HTTP)."
        }
        (false, false) => "",
    }
}

fn losses_row(state: &State, lost: i64) -> Option<Losses> {
    let within = chrono::TimeDelta::from_std(state.config.delivery.retention).unwrap_or(chrono::TimeDelta::MAX);
    (lost > 0).then(|| Losses { requests: count(lost, "request"), within: span(within) })
}

fn waited(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 { format!("{seconds} seconds") } else { span(chrono::TimeDelta::seconds(seconds.cast_signed())) }
}

fn kind_row(manifest: &'static Manifest, destinations: &[Listed]) -> KindRow {
    KindRow {
        slug: manifest.slug,
        label: manifest.label,
        summary: format!("Send traces to {}.", manifest.label),
        count: destinations.iter().filter(|listed| listed.destination.kind == manifest.slug).count(),
        limit: usize::try_from(MOST_PER_KIND).unwrap_or_default(),
    }
}
