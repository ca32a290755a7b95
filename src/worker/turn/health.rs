//! A destination's health from batch to batch: how often it has failed, and how long it is left alone (spec 4.3).

use std::time::Duration;

use super::report::{Ending, Report};
use crate::config;
use crate::delivery::confirmation::Progress;
use crate::delivery::{self, MOST_DEAD_LETTERS, Outcome, WaitReason, backoff};
use crate::store::cursors::Lease;
use crate::store::destinations::HealthChange;
use crate::store::log::Position;

/// Shortest and longest pause between two tries of a destination that needs attention (spec 4.3).
pub(super) const ATTENTION: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// What is remembered of a destination from batch to batch.
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
        let has_failed = match &report.ending {
            Ending::Settled | Ending::Withheld => report.accepted == 0 && report.last_refusal().is_some(),
            Ending::Waiting(_) | Ending::RefusesAll(_) | Ending::ProbeRefused(_) => true,
        };
        self.failures += u32::from(has_failed);
        let is_server_error =
            matches!(&report.ending, Ending::Waiting(Outcome::Wait { reason: WaitReason::ServerError, .. }));
        self.server_errors += u32::from(is_server_error);
    }

    /// What a batch that is taken in changes at its destination.
    pub(super) fn change<'r>(
        self,
        report: &'r Report,
        progress: &Progress<Position>,
        pauses: &Pauses<'_>,
    ) -> HealthChange<'r> {
        match &report.ending {
            Ending::Waiting(outcome) | Ending::ProbeRefused(outcome) => pauses.after(self.failures, outcome),
            Ending::RefusesAll(outcome) => pauses.attention(self.failures, sentence(outcome)),
            Ending::Settled | Ending::Withheld if report.accepted > 0 || progress.confirmed.is_some() => {
                HealthChange::Healthy
            }
            // Other requests may pass, so nothing waits. But a receiver that takes nothing at all is not healthy.
            Ending::Settled | Ending::Withheld => match report.last_refusal() {
                None => HealthChange::Unchanged,
                Some(refusal) if self.failures >= MOST_DEAD_LETTERS => {
                    pauses.attention(self.failures - MOST_DEAD_LETTERS + 1, refusal)
                }
                Some(refusal) => failing(refusal, Duration::ZERO),
            },
        }
    }
}

/// How long destinations are left alone.
#[derive(Debug)]
pub(super) struct Pauses<'c> {
    pub(super) config: &'c config::Delivery,
    /// From 0 to 1.
    pub(super) jitter: f64,
}

impl Pauses<'_> {
    fn after<'o>(&self, failures: u32, outcome: &'o Outcome) -> HealthChange<'o> {
        let Outcome::Wait { not_before, .. } = outcome else { return self.attention(failures, sentence(outcome)) };
        let pause = backoff(failures, self.config.retry_base, self.config.retry_cap, self.jitter);
        failing(sentence(outcome), pause.max(not_before.unwrap_or_default()))
    }

    /// A destination that a person has to look at is tried now and then. An operator who caps the back-off caps this as well.
    fn attention<'r>(&self, failures: u32, reason: &'r str) -> HealthChange<'r> {
        let cap = self.config.retry_cap;
        let (shortest, longest) = (ATTENTION.0.min(cap), ATTENTION.1.min(cap.max(ATTENTION.0)));
        needs_attention(reason, backoff(failures, shortest, longest, self.jitter))
    }
}

fn failing(reason: &str, pause: Duration) -> HealthChange<'_> {
    HealthChange::Waiting { health: delivery::Health::Failing, reason, pause }
}

pub(super) fn needs_attention(reason: &str, pause: Duration) -> HealthChange<'_> {
    HealthChange::Waiting { health: delivery::Health::NeedsAttention, reason, pause }
}

fn sentence(outcome: &Outcome) -> &str {
    outcome.sentence().unwrap_or_default()
}
