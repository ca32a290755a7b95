//! Acknowledges batches: the cursor moves, attempts, dead letters and the destination's health are recorded, and the lease is kept or
//! given back, all of it or nothing. The one place of the worker that writes to cursors.

use std::time::Instant;

use chrono::{DateTime, Utc};
use metrics::{counter, histogram};

use super::health::Health;
use super::report::Report;
use crate::delivery::confirmation::Progress;
use crate::delivery::{self, ATTENTION, Pauses, unit};
use crate::destination::selection::Spent;
use crate::state::State;
use crate::store;
use crate::store::cursors::{self, Acknowledgement, Lease, LeaseState};
use crate::store::destinations::{HealthChange, SwitchOff};
use crate::store::log::Position;
use crate::worker::leased::Leased;

/// A batch that is back from the wire, as it is acknowledged.
#[derive(Debug, Default)]
pub(super) struct BatchResult {
    pub(super) report: Report,
    /// How far it brings its destination. None: an earlier batch of the turn waits, so that this one moves nothing.
    pub(super) progress: Option<Progress<Position>>,
    /// With this batch taken in.
    pub(super) health: Health,
    /// Whether the receiver has to accept probes before it is sent batches.
    pub(super) probes_first: bool,
    /// Entries that are still to be built one by one.
    pub(super) one_by_one: i32,
    /// Attempts in a row of which none was accepted, this one included.
    pub(super) attempt: u32,
    /// The budget of the day is used up, and what lies behind waits until then.
    pub(super) held_until: Option<DateTime<Utc>>,
    /// Whether the turn goes on.
    pub(super) keeps_lease: bool,
}

pub(super) async fn acknowledge(leased: &Leased, mut result: BatchResult) -> store::Result<LeaseState> {
    let (state, lease, asked) = (&leased.state, &leased.lease, Instant::now());
    let config = &state.config.delivery;
    if let Some(Progress { again: again @ 1.., .. }) = result.progress {
        about_sent_again(again, &mut result.report);
    }
    if result.progress.is_none_or(|progress| progress.again > 0) {
        result.report.dead_letters.clear();
        result.report.replayed.clear();
    }
    let moves = result.progress.is_some_and(|progress| progress.again == 0);
    let requests = if moves { result.report.spent as u64 } else { 0 };
    let spent = result.report.day.filter(|_| moves).map(|day| Spent { day, requests });
    let jitter = unit(state.random.bytes().unwrap_or([128; 8]));
    let pauses = Pauses { base: config.retry_base, cap: config.retry_cap, jitter };
    let switch_off = SwitchOff::after(config.disable_after);
    let change = result.progress.map(|progress| result.health.change(&result.report, &progress, pauses, switch_off));
    let acknowledgement = Acknowledgement {
        progress: result.progress.unwrap_or_default(),
        health: change.unwrap_or(HealthChange::Unchanged),
        probes_first: result.probes_first,
        server_errors: result.health.server_errors,
        poison_one_by_one: result.one_by_one,
        attempt: result.attempt,
        spent,
        held_until: result.held_until,
        deliveries: &result.report.deliveries,
        dead_letters: &result.report.dead_letters,
        replayed: &result.report.replayed,
        keep: result.keeps_lease.then_some(config.lease),
    };
    let now = cursors::acknowledge(leased.store(), lease, &acknowledgement).await?;
    if now == LeaseState::Held {
        leased.was_current(asked);
    }
    count(lease, now, &acknowledgement, state.clock.now());
    Ok(now)
}

/// Gives back the lease of a turn that broke off, everything else being as it was.
pub(in crate::worker) async fn give_back(state: &State, lease: &Lease) -> store::Result<()> {
    cursors::acknowledge(&state.store, lease, &unchanged(lease)).await?;
    Ok(())
}

/// Ends a turn that could not even begin, with a sentence for the page.
pub(in crate::worker) async fn complain(state: &State, lease: &Lease, sentence: &str) -> store::Result<()> {
    let switch_off = SwitchOff::after(state.config.delivery.disable_after);
    let health = delivery::Health::NeedsAttention;
    let health = HealthChange::Waiting { health, reason: sentence, pause: ATTENTION.0, switch_off };
    let complaint = Acknowledgement { health, server_errors: 0, poison_one_by_one: 0, ..unchanged(lease) };
    cursors::acknowledge(&state.store, lease, &complaint).await?;
    Ok(())
}

/// The lease is given back, and nothing else changes.
fn unchanged(lease: &Lease) -> Acknowledgement<'static> {
    Acknowledgement {
        progress: Progress::default(),
        health: HealthChange::Unchanged,
        probes_first: lease.probes_first,
        server_errors: Health::of(lease).server_errors,
        poison_one_by_one: lease.poison_one_by_one,
        attempt: 0,
        spent: None,
        held_until: None,
        deliveries: &[],
        dead_letters: &[],
        replayed: &[],
        keep: None,
    }
}

/// What people read of requests that were accepted too early, beside the answer that says so.
fn about_sent_again(requests: usize, report: &mut Report) {
    let Some(delivery) = report.deliveries.last_mut() else { return };
    let (requests, were) =
        if requests == 1 { ("1 request".to_owned(), "was") } else { (format!("{requests} requests"), "were") };
    let sentence = delivery.answer.take().unwrap_or_default();
    delivery.answer = Some(format!(
        "{sentence} {requests} that {were} accepted right before may be lost, because a receiver like this accepts before it knows: \
         sent again as soon as it takes any."
    ));
}

/// Counts for `/metrics` what is acknowledged.
fn count(lease: &Lease, state: LeaseState, acknowledged: &Acknowledgement<'_>, now: DateTime<Utc>) {
    let destination = lease.destination;
    for sent in acknowledged.deliveries.iter().filter(|delivery| delivery.was_sent()) {
        counter!("tracecast_deliveries_total", "outcome" => sent.outcome).increment(1);
        histogram!("tracecast_delivery_seconds").record(sent.duration.as_secs_f64());
        // All requests of a batch count as old as its oldest one: the objective is met by more than are counted, never by fewer.
        if let Some(completed) = sent.covered.and_then(|covered| covered.oldest).filter(|_| lease.is_live) {
            let age = (now - completed).to_std().unwrap_or_default();
            histogram!("tracecast_accepted_after_seconds").record_many(age.as_secs_f64(), sent.requests);
        }
    }
    match state {
        LeaseState::Lost if acknowledged.deliveries.is_empty() => return,
        LeaseState::Lost => {
            tracing::info!(%destination, "a batch ended after its lease was lost; it changed nothing");
            return counter!("tracecast_leases_lost_total").increment(1);
        }
        LeaseState::Disabled => {
            tracing::warn!(%destination, "switched off: nothing was accepted for too long, or the receiver wants no more");
            counter!("tracecast_destinations_switched_off_total").increment(1);
        }
        LeaseState::Held | LeaseState::Outdated => {}
    }
    counter!("tracecast_requests_delivered_total").increment(acknowledged.progress.delivered() as u64);
    counter!("tracecast_dead_letters_total").increment(acknowledged.dead_letters.len() as u64);
}
