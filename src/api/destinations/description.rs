//! A destination as the API shows it.

use serde_json::Value;

use super::schema::{Destination, Status};
use super::selection;
use super::verdict::shown;
use crate::api::timestamp::timestamp;
use crate::broadcast::health::Health;
use crate::broadcast::last_test;
use crate::broadcast::listing::Listed;
use crate::destination::{config, kinds};
use crate::id::AccountId;
use crate::trace::Group;

pub(super) fn describe(account: AccountId, listed: &Listed) -> Destination {
    let stored = &listed.destination;
    let kind = kinds::find(&stored.kind);
    let mut chosen = selection::describe(stored);
    let groups = Group::ALL.map(|group| chosen.get(group.name()).and_then(Value::as_bool).unwrap_or_default());
    let asks_for = |group: Group| groups[group as usize];
    Destination {
        id: stored.id.to_string(),
        workspace_id: account.to_string(),
        name: Some(stored.name.clone()),
        enabled: stored.enabled,
        privacy_mode: stored.privacy_mode,
        broadcast_generation_cost: asks_for(Group::Cost),
        broadcast_generation_identity: asks_for(Group::Identity),
        broadcast_generation_request_context: asks_for(Group::RequestContext),
        broadcast_generation_cost_allocation: asks_for(Group::CostAllocation),
        sampling_rate: chosen.get("sampling_rate").and_then(Value::as_f64).unwrap_or(1.0),
        api_key_hashes: chosen.remove("api_key_hashes").unwrap_or_default(),
        excluded_api_key_hashes: chosen.remove("excluded_api_key_hashes").unwrap_or_default(),
        filter_rules: chosen.remove("filter_rules").unwrap_or_default(),
        always_keep: chosen.remove("always_keep").unwrap_or_default(),
        daily_budget: chosen.remove("daily_budget").unwrap_or_default(),
        redaction: chosen.remove("redaction").unwrap_or_default(),
        fields: chosen.remove("fields").unwrap_or_default(),
        regions: vec!["global".to_owned()],
        created_at: timestamp(stored.created_at),
        updated_at: timestamp(stored.updated_at),
        kind: kind.map_or(stored.kind.clone(), |kind| config::type_of(kind).to_owned()),
        config: kind.map(|kind| config::describe(kind, stored.known())).unwrap_or_default(),
        revision: stored.revision,
        status: status(listed),
        last_test: last_test(stored).map_or(Value::Null, |verdict| shown(&verdict)),
    }
}

fn status(listed: &Listed) -> Status {
    let trouble = listed.health.trouble();
    Status {
        state: match listed.health {
            Health::Healthy => "healthy",
            Health::Behind => "behind",
            Health::Paused => "paused",
            Health::Failing(_) => "failing",
            Health::NeedsAttention(_) => "needs_attention",
            Health::SwitchedOff(_) => "switched_off",
        },
        since: trouble.and_then(|trouble| trouble.since).map(timestamp),
        reason: trouble.and_then(|trouble| trouble.reason.clone()),
        next_attempt_at: trouble.and_then(|trouble| trouble.next).map(timestamp),
        last_success_at: listed.destination.last_success_at.map(timestamp),
        delivered: listed.destination.delivered,
        waiting: listed.lag.waiting,
        dead_letters: listed.lag.dead_letters,
        requests_today: listed.today.map(|today| today.requests),
        held_until: listed.lag.held_until.map(timestamp),
    }
}
