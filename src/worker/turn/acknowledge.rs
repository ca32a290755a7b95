//! Acknowledges batches: the cursor moves, attempts, dead letters and the destination's health are recorded, and the lease is kept or
//! given back, all of it or nothing. The one place of the worker that writes to cursors.

use std::time::Instant;

use super::batch_result::{BatchResult, LeaseState};
use super::health::{ATTENTION, Health, Pauses, needs_attention};
use super::{metrics, rows};
use crate::delivery::unit;
use crate::state::State;
use crate::store::cursors::{self, Acknowledged, Acknowledgement, Lease, Progress};
use crate::store::destinations::{HealthChange, HealthNote};
use crate::store::{self, Store};
use crate::worker::leased::Leased;

pub(super) async fn acknowledge(leased: &Leased, result: &BatchResult) -> store::Result<LeaseState> {
    let BatchResult { report, progress, health, is_in_order, .. } = result;
    let (state, lease) = (&leased.state, &leased.lease);
    let (asked, moves) = (Instant::now(), *is_in_order && !progress.falls_back);
    let change = if *is_in_order { health.change(report, progress, pauses(state)) } else { HealthChange::Unchanged };
    let unchanged = unchanged(state, lease, *health, result.one_by_one);
    let acknowledgement = Acknowledgement {
        progress: *progress,
        health: HealthNote { change, ..unchanged.health },
        deliveries: rows::deliveries(leased, result),
        dead_letters: if moves { report.dead_letters.iter().map(rows::dead_letter).collect() } else { Vec::new() },
        keep: result.keeps_lease.then_some(state.config.delivery.lease),
        ..unchanged
    };
    let acknowledged = cursors::acknowledge(leased.store(), lease.fence(), &acknowledgement).await?;
    let destination = lease.destination;
    let lease = match acknowledged {
        Acknowledged::Held(current) if leased.settings.confirm(asked, current) => LeaseState::Held,
        Acknowledged::Held(_) => LeaseState::Outdated,
        Acknowledged::Lost => {
            tracing::info!(%destination, "a batch ended after its lease was lost; it changed nothing");
            LeaseState::Lost
        }
        Acknowledged::Disabled => {
            tracing::warn!(%destination, "switched off: nothing was accepted for too long");
            LeaseState::Disabled
        }
    };
    metrics::acknowledged(report, progress.delivered(), acknowledgement.dead_letters.len(), lease);
    Ok(lease)
}

/// Gives the lease back, with what was learnt in its turn.
pub(super) async fn release(leased: &Leased, health: Health, one_by_one: i32) -> store::Result<()> {
    let (state, lease) = (&leased.state, &leased.lease);
    record(leased.store(), lease, unchanged(state, lease, health, one_by_one)).await
}

/// Gives back the lease of a turn that broke off, everything else being as it was.
pub(in crate::worker) async fn give_back(state: &State, lease: &Lease) -> store::Result<()> {
    record(&state.store, lease, unchanged(state, lease, Health::of(lease), lease.poison_one_by_one)).await
}

/// Ends a turn that could not even begin, with a sentence for the page.
pub(in crate::worker) async fn complain(state: &State, lease: &Lease, sentence: &str) -> store::Result<()> {
    let unchanged = unchanged(state, lease, Health { server_errors: 0, ..Health::of(lease) }, 0);
    let health = HealthNote { change: needs_attention(sentence, ATTENTION.0), ..unchanged.health };
    record(&state.store, lease, Acknowledgement { health, ..unchanged }).await
}

async fn record(store: &Store, lease: &Lease, acknowledgement: Acknowledgement<'_>) -> store::Result<()> {
    cursors::acknowledge(store, lease.fence(), &acknowledgement).await?;
    Ok(())
}

/// The lease is given back, and nothing else changes.
fn unchanged(state: &State, lease: &Lease, health: Health, one_by_one: i32) -> Acknowledgement<'static> {
    Acknowledgement {
        destination: lease.destination,
        progress: Progress::default(),
        health: HealthNote {
            change: HealthChange::Unchanged,
            probes_first: health.probes_first,
            revision: lease.revision,
            switch_off_after: state.config.delivery.disable_after,
        },
        server_errors: i32::try_from(health.server_errors).unwrap_or(i32::MAX),
        poison_one_by_one: one_by_one,
        private: lease.private,
        deliveries: Vec::new(),
        dead_letters: Vec::new(),
        keep: None,
    }
}

fn pauses(state: &State) -> Pauses {
    let delivery = &state.config.delivery;
    let jitter = unit(state.random.bytes().unwrap_or([128; 8]));
    Pauses { retry_base: delivery.retry_base, retry_cap: delivery.retry_cap, jitter }
}
