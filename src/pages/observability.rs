//! Settings › Observability: the Enable Broadcast switch, the destinations, and what can be added.

use std::time::Duration;

use actix_web::web;
use askama::Template;

use super::answer::{self, done, shown};
use super::components::amount::count;
use super::components::health::HealthPanel;
use super::components::when::{When, span};
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::public_url;
use super::shell::{Section, Shell};
use super::visit::{Admin, Visit, Visitor};
use crate::broadcast::listing::{self, Listed};
use crate::broadcast::{last_test, switch};
use crate::destination::{Manifest, kinds};
use crate::recorder::Buffer;
use crate::state::State;
use crate::store::accounts::{self, Account};
use crate::store::destinations::MOST_PER_KIND;
use crate::store::losses;

#[derive(Debug, Template)]
#[template(path = "pages/observability.html")]
pub struct ObservabilityPage {
    pub shell: Shell,
    /// Whether Broadcast is on.
    pub is_on: bool,
    /// Whether the person may change anything.
    pub can_edit: bool,
    /// Requests that could not be recorded.
    pub losses: Option<Losses>,
    /// For how long requests have waited to be recorded, if that is so long that something is wrong, for example "40 seconds".
    pub late: Option<String>,
    /// Sentences about what the operator lets through beyond the address rule; empty for nothing.
    pub widened: &'static str,
    pub destinations: Vec<DestinationRow>,
    pub kinds: Vec<KindRow>,
    /// The way to the first trace.
    pub guide: Guide,
}

/// Requests that could not be recorded, so that no trace of them ever arrives.
#[derive(Debug)]
pub struct Losses {
    /// For example "12 requests".
    pub requests: String,
    /// Within which time, for example "7 days".
    pub within: String,
}

/// One configured destination.
#[derive(Debug)]
pub struct DestinationRow {
    /// Its id, as in its address.
    pub id: String,
    pub name: String,
    /// Its kind's label.
    pub kind: &'static str,
    /// Where it sends to, secrets masked.
    pub target: String,
    pub health: HealthPanel,
    /// When the last connection test ended.
    pub tested: Option<When>,
    /// Whether only the operator's list lets requests to it pass.
    pub is_widened: bool,
    /// Whether content stays out of its traces.
    pub is_private: bool,
}

/// One kind of destination that can be added.
#[derive(Debug)]
pub struct KindRow {
    /// As in its address.
    pub slug: &'static str,
    pub label: &'static str,
    /// One sentence about it.
    pub summary: String,
    /// How many the account has.
    pub count: usize,
    /// How many an account may have.
    pub limit: usize,
}

impl KindRow {
    /// Whether no more can be added.
    pub fn is_full(&self) -> bool {
        self.count >= self.limit
    }
}

/// The way to the first trace.
#[derive(Debug)]
pub struct Guide {
    /// Whether anything is configured.
    pub has_destination: bool,
    /// Whether Broadcast is on.
    pub is_on: bool,
    /// Where the gateway is, without a trailing slash.
    pub public_url: String,
}

/// `GET /settings/observability`
pub(super) async fn show(state: web::Data<State>, recording: web::Data<Buffer>, visit: Visit) -> Result {
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
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST /settings/observability/broadcast`: the Enable Broadcast switch.
pub(super) async fn update(state: web::Data<State>, Admin(visitor): Admin, Form(values): Form) -> Result {
    let enabled = values.is_on("enabled");
    switch(&state, &visitor.actor(), enabled).await?;
    let notice = if enabled { Notice::BroadcastOn } else { Notice::BroadcastOff };
    Ok(done(&state, Section::Observability.path(), notice))
}

fn row(listed: Listed, account: &Account, visitor: &Visitor) -> DestinationRow {
    let health = HealthPanel::of(&listed, visitor.now);
    let destination = listed.destination;
    let kind = kinds::find(&destination.kind).map_or("Unknown", |kind| kind.manifest.label);
    let last_test = last_test(&destination);
    DestinationRow {
        id: destination.id.to_string(),
        kind,
        health,
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
