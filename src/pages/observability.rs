//! Settings › Observability: the Enable Broadcast switch, the destinations, and what can be added.

mod attention;
mod rows;

use std::time::Duration;

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::answer::{self, done, shown};
use super::components::amount::count;
use super::components::examples::ExampleModel;
use super::components::kind_card::KindCard;
use super::components::when::span;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::public_url;
use super::shell::{Section, Shell};
use super::visit::{Admin, Visit};
use crate::broadcast::{listing, switch};
use crate::destination::{Group, Kind, kinds};
use crate::gateway::Gateway;
use crate::recorder::Buffer;
use crate::state::State;
use crate::store::{accounts, deliveries, losses};

pub use self::attention::Attention;
pub use self::rows::{DestinationRow, StateChoice};

/// Kinds that the page offers beside the destinations.
const OFFERED: usize = 4;

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
    /// What the operator lets through beyond the address rule.
    pub widened: Option<Widened>,
    /// Which destinations are in trouble.
    pub attention: Option<Attention>,
    /// The filter by state; empty where there are few destinations.
    pub states: Vec<StateChoice>,
    /// What needs a person comes first.
    pub destinations: Vec<DestinationRow>,
    /// A few kinds that the account does not use; beside the guide, the one that it speaks of.
    pub kinds: Vec<KindCard>,
    /// How many kinds there are.
    pub kinds_in_all: usize,
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

/// Addresses that traces may go to beyond the address rule: at least one of the two.
#[derive(Debug, Clone, Copy)]
pub struct Widened {
    /// Some that are not on the public internet.
    pub inside: bool,
    /// Those of plain http.
    pub plain: bool,
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
    /// What the example asks for.
    pub model: ExampleModel,
}

/// Which destinations, as the address says it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    state: String,
}

/// `GET /settings/observability`
pub(super) async fn show(
    state: web::Data<State>,
    recording: web::Data<Buffer>,
    gateway: web::Data<Gateway>,
    visit: Visit,
    query: Option<web::Query<Query>>,
) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let wanted = query.map(|query| query.into_inner().state).unwrap_or_default();
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    let listed = listing::list(&mut tenant, &account, visitor.now).await?;
    let hours = deliveries::count_by_hour(&mut tenant).await?;
    let lost = losses::count(&mut tenant, state.config.delivery.retention).await?;
    let in_use: Vec<_> = listed.iter().map(|listed| listed.destination.kind.clone()).collect();
    let mut destinations: Vec<_> =
        listed.into_iter().map(|listed| DestinationRow::new(listed, &hours, &account, &visitor)).collect();
    rows::sort(&mut destinations);
    let page = ObservabilityPage {
        shell: visitor.shell(Section::Observability, "Observability"),
        is_on: account.broadcast_enabled,
        can_edit: visitor.can_edit(),
        losses: losses_row(&state, lost),
        late: recording.late().map(waited),
        widened: widened(&state),
        kinds: offered(&in_use),
        kinds_in_all: kinds::all().len(),
        guide: Guide {
            has_destination: !in_use.is_empty(),
            is_on: account.broadcast_enabled,
            public_url: public_url(&state),
            model: ExampleModel::of(&gateway),
        },
        attention: Attention::of(&destinations),
        states: rows::filter(&mut destinations, &wanted),
        destinations,
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

/// The first kind of each group that the account does not use; before it uses any, the kind that the guide speaks of.
fn offered(in_use: &[String]) -> Vec<KindCard> {
    let card = |kind: &Kind| KindCard::new(kind, in_use.iter().map(String::as_str));
    if in_use.is_empty() {
        return vec![card(kinds::guided())];
    }
    let is_new = |kind: &&Kind| in_use.iter().all(|used| used != kind.manifest.slug);
    let first = |group| kinds::all().iter().filter(is_new).find(|kind| kind.manifest.group == group);
    Group::ALL.into_iter().filter_map(first).take(OFFERED).map(card).collect()
}

/// What the operator's settings let through that the address rule refuses (spec 5.1).
fn widened(state: &State) -> Option<Widened> {
    let (inside, plain) = (!state.config.egress_allow.is_empty(), state.config.egress_allow_http);
    (inside || plain).then_some(Widened { inside, plain })
}

fn losses_row(state: &State, lost: i64) -> Option<Losses> {
    let within = chrono::TimeDelta::from_std(state.config.delivery.retention).unwrap_or(chrono::TimeDelta::MAX);
    (lost > 0).then(|| Losses { requests: count(lost, "request"), within: span(within) })
}

fn waited(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 { format!("{seconds} seconds") } else { span(chrono::TimeDelta::seconds(seconds.cast_signed())) }
}
