//! What a new destination could be sent of what completed before it was made.

use super::found::Found;
use crate::pages::components::amount::{count, size};
use crate::pages::flash::Notice;
use crate::pages::replay::kept_days;
use crate::pages::visit::Visitor;
use crate::replay::{self, Asked};
use crate::state::State;
use crate::store::replays::Chosen;
use crate::store::{self, Tenant, accounts};

/// The offer, right after the destination was stored.
#[derive(Debug)]
pub struct Backfill {
    /// "12,345 requests", "more than 12,345 requests".
    pub requests: String,
    pub bytes: String,
    /// How long requests are kept.
    pub days: i64,
    /// Where it is counted and begun.
    pub path: String,
}

/// None: there is nothing to send, nobody to begin it, or the destination is not new.
pub(super) async fn offer(
    state: &State,
    tenant: &mut Tenant,
    visitor: &Visitor,
    found: &Found,
) -> store::Result<Option<Backfill>> {
    if visitor.notice != Some(Notice::Connected) || !visitor.can_edit() {
        return Ok(None);
    }
    let Some(account) = accounts::find(tenant).await? else { return Ok(None) };
    let stored = &found.listed.destination;
    let days = kept_days(state);
    let chosen = Chosen::All { from: visitor.now - chrono::Duration::days(days), until: stored.created_at };
    let asked = Asked { destination: stored.id, chosen: &chosen, skips_delivered: false, rate: None, expected: None };
    let counted = replay::count(tenant, asked.question(state, &account, &found.listed)).await?;
    let more = if counted.is_whole { "" } else { "more than " };
    Ok((counted.may_send() && account.broadcast_enabled).then(|| Backfill {
        requests: format!("{more}{}", count(counted.requests, "request")),
        bytes: size(counted.bytes),
        days,
        path: format!("/settings/observability/destinations/{}/replay?range=all", stored.id),
    }))
}
