//! What the worker counts for `/metrics`.

use metrics::{counter, gauge, histogram};

use super::delivering::Report;
use crate::store::cursors::{BatchResult, LeaseState, Standings};

/// Counts what a batch came to.
pub(super) fn batch(report: &Report, result: &BatchResult<'_>, lease: LeaseState) {
    for sent in &report.sent {
        counter!("tracecast_deliveries_total", "outcome" => sent.attempt.outcome.name()).increment(1);
        histogram!("tracecast_delivery_seconds").record(sent.attempt.duration.as_secs_f64());
    }
    match lease {
        LeaseState::Lost => counter!("tracecast_leases_lost_total").increment(1),
        LeaseState::Disabled => counter!("tracecast_destinations_switched_off_total").increment(1),
        LeaseState::Held(_) => {}
    }
    if lease != LeaseState::Lost {
        counter!("tracecast_requests_delivered_total")
            .increment(u64::try_from(result.progress.delivered()).unwrap_or_default());
        counter!("tracecast_dead_letters_total").increment(result.dead_letters.len() as u64);
    }
}

/// Tells how all destinations stand.
pub(super) fn standings(standings: &[Standings]) {
    for health in ["healthy", "failing", "needs_attention", "off"] {
        let standing = standings.iter().find(|standing| standing.health == health);
        let age = standing.and_then(|standing| standing.oldest_seconds).map(|age| age.max(0.0));
        let count = standing.map_or(0, |standing| u32::try_from(standing.destinations).unwrap_or(u32::MAX));
        gauge!("tracecast_destinations", "health" => health).set(f64::from(count));
        gauge!("tracecast_oldest_waiting_seconds", "health" => health).set(age.unwrap_or_default());
    }
}
