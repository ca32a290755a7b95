//! What turns count for `/metrics`.

use metrics::{counter, histogram};

use super::batch_result::LeaseState;
use super::report::Report;

/// Counts an acknowledged batch, by which so many requests are delivered, and so many are dead letters.
pub(super) fn acknowledged(report: &Report, delivered: i64, dead_letters: usize, lease: LeaseState) {
    for sent in &report.sent {
        counter!("tracecast_deliveries_total", "outcome" => sent.attempt.outcome.name()).increment(1);
        histogram!("tracecast_delivery_seconds").record(sent.attempt.duration.as_secs_f64());
    }
    match lease {
        LeaseState::Lost => return counter!("tracecast_leases_lost_total").increment(1),
        LeaseState::Disabled => counter!("tracecast_destinations_switched_off_total").increment(1),
        LeaseState::Held | LeaseState::Outdated => {}
    }
    counter!("tracecast_requests_delivered_total").increment(u64::try_from(delivered).unwrap_or_default());
    counter!("tracecast_dead_letters_total").increment(dead_letters as u64);
}
