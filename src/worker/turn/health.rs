//! A destination's health from batch to batch: how often it has failed (spec 4.3).

use std::time::Duration;

use super::report::{Ending, Report};
use crate::delivery::confirmation::Progress;
use crate::delivery::{self, MOST_DEAD_LETTERS, Outcome, Pauses, WaitReason};
use crate::store::cursors::Lease;
use crate::store::destinations::{HealthChange, SwitchOff};
use crate::store::log::Position;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Health {
    /// Attempts in a row of which none was accepted.
    pub(super) failures: u32,
    /// HTTP 500s in a row for the batch at the cursor.
    pub(super) server_errors: u32,
}

impl Health {
    pub(super) fn of(lease: &Lease) -> Self {
        let number = |value: i32| u32::try_from(value).unwrap_or_default();
        Self { failures: number(lease.failures), server_errors: number(lease.server_errors) }
    }

    /// Takes in a batch; those of a turn in their order.
    pub(super) fn take_in(&mut self, report: &Report, progress: &Progress<Position>) {
        if report.settled.is_some() {
            self.server_errors = 0;
        }
        if report.accepted > 0 || progress.confirmed.is_some() {
            self.failures = 0;
        }
        let is_refused = report.accepted == 0 && report.last_refusal().is_some();
        self.failures += u32::from(is_refused || report.ending.outcome().is_some());
        let is_server_error =
            matches!(&report.ending, Ending::Waiting(Outcome::Wait { reason: WaitReason::ServerError, .. }));
        self.server_errors += u32::from(is_server_error);
    }

    /// What a batch that is taken in changes at its destination.
    pub(super) fn change<'r>(
        self,
        report: &'r Report,
        progress: &Progress<Position>,
        pauses: Pauses,
        switch_off: SwitchOff,
    ) -> HealthChange<'r> {
        if let Some(outcome) = report.ending.outcome() {
            let (health, pause) = pauses.after(self.failures, outcome);
            let (reason, is_farewell) = (outcome.sentence().unwrap_or_default(), outcome.is_farewell());
            let switch_off = if is_farewell { SwitchOff::AT_ONCE } else { switch_off };
            return HealthChange::Waiting { health, reason, pause, switch_off };
        }
        if report.accepted > 0 || progress.confirmed.is_some() {
            return HealthChange::Healthy;
        }
        // Other requests may pass, so nothing waits. But a receiver that takes nothing at all is not healthy.
        let Some(reason) = report.last_refusal() else { return HealthChange::Unchanged };
        let (health, pause) = match self.failures.checked_sub(MOST_DEAD_LETTERS) {
            None => (delivery::Health::Failing, Duration::ZERO),
            Some(beyond) => (delivery::Health::NeedsAttention, pauses.attention(beyond + 1)),
        };
        HealthChange::Waiting { health, reason, pause, switch_off }
    }
}
