//! One attempt to deliver: the requests that it carried, and what the receiver shows of them differently.

mod notes;

use std::collections::BTreeMap;

use actix_web::web;
use askama::Template;

use self::notes::Current;
pub(super) use self::notes::words;
use super::activity::paths;
use super::answer;
use super::components::when::When;
use super::deliveries::{AttemptRow, attempt_row};
use super::documentation;
use super::error::{Error, Result};
use super::shell::{Section, Shell};
use super::visit::Visit;
use crate::broadcast::dry_run::known;
use crate::destination::redaction::Redactor;
use crate::destination::{Kind, Settings, kinds};
use crate::state::State;
use crate::store::deliveries::Before;
use crate::store::destinations::{self, Destination};
use crate::store::{self, Tenant, api_keys, deliveries};

/// Requests on the page: the first ones.
const MOST: i64 = 100;

#[derive(Debug, Template)]
#[template(path = "pages/delivery.html")]
pub struct DeliveryPage {
    pub shell: Shell,
    /// What its people call the destination.
    pub name: String,
    /// The address of its deliveries.
    pub back: String,
    pub attempt: AttemptRow,
    /// In the order of the log. Empty: it carried nothing, or the log does not have it any more.
    pub requests: Vec<RequestRow>,
    /// Whether it carried more than these.
    pub has_more: bool,
    /// The kind's label, and the document about it. None: a kind that only another version knows.
    pub about: Option<(&'static str, String)>,
}

#[derive(Debug)]
pub struct RequestRow {
    pub id: String,
    /// The address of its page.
    pub path: String,
    /// When it completed.
    pub completed: When,
    /// What the receiver shows differently, in sentences.
    pub notes: Vec<String>,
}

/// `GET /settings/observability/destinations/{id}/deliveries/{delivery}`
pub(super) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    path: web::Path<(String, String)>,
) -> Result {
    let (id, delivery) = path.into_inner();
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let which = Before::parse(&delivery).ok_or(Error::NotFound)?;
    let all = destinations::list(&mut tenant).await?;
    let destination = all.into_iter().find(|destination| destination.id == id).ok_or(Error::NotFound)?;
    let (listed, range) = deliveries::find(&mut tenant, id, which).await?.ok_or(Error::NotFound)?;
    let kind = kinds::find(&destination.kind);
    let oldest = kind.and_then(Kind::oldest);
    let mut carried = match range {
        Some(range) => deliveries::list_carried(&mut tenant, &range, oldest, MOST + 1).await?,
        None => Vec::new(),
    };
    let has_more = i64::try_from(carried.len()).is_ok_and(|found| found > MOST);
    carried.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    let current = match kind {
        Some(kind) => Some(current(&state, &mut tenant, &destination, kind).await?),
        None => None,
    };
    let requests = carried.into_iter().map(|request| RequestRow {
        notes: current.as_ref().map(|current| current.notes(&request)).unwrap_or_default(),
        completed: When::new(request.completed_at, visitor.now),
        path: paths::request(&request.generation_id),
        id: request.generation_id,
    });
    Ok(answer::ok(&DeliveryPage {
        requests: requests.collect(),
        has_more,
        about: kind.map(|kind| (kind.manifest.label, documentation::path(kind))),
        attempt: attempt_row(&listed, kind, visitor.now),
        shell: visitor.shell(Section::Observability, format!("A delivery to {}", destination.name)),
        name: destination.name,
        back: format!("/settings/observability/destinations/{id}/deliveries"),
    }))
}

async fn current(state: &State, tenant: &mut Tenant, destination: &Destination, kind: &Kind) -> store::Result<Current> {
    // Rules of a newer version leave out nothing that anybody here could name.
    let rules = destination.rules().unwrap_or_default();
    let key = state.keyring.hash_key(tenant.account());
    let redactor = Redactor::new(destination.sent().unwrap_or_default(), key);
    let keys = if rules.need_keys() { known(api_keys::list_ruled(tenant).await?) } else { BTreeMap::new() };
    let open: Settings = destination.settings.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Ok(Current {
        destination: destination.id,
        rules,
        keys,
        redactor,
        traces: kind.traces(&open),
        label: kind.manifest.label,
    })
}
