//! What is written down about a batch: where the cursor goes, what is put aside, how long the destination waits (spec 4.3).

use std::borrow::Cow;
use std::time::Duration;

use super::delivering::{Ending, PutAside, Report};
use super::line::Line;
use crate::delivery::{MOST_PUT_ASIDE, Outcome, WaitReason, backoff, unit};
use crate::id::DeliveryId;
use crate::state::State;
use crate::store::cursors::{self, Kept, Lease, Progress, Standing, TurnEnd};
use crate::store::deliveries::{DeadLetter, Delivery};
use crate::store::{self, Store};

/// Shortest and longest pause between two probes of a destination that needs attention (spec 4.3).
const PROBES: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// What a turn remembers of its destination from batch to batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Failed attempts in a row.
    pub(super) failures: u32,
    /// HTTP 500s in a row for the batch at the cursor.
    pub(super) server_errors: u32,
    /// Whether the receiver has to accept requests that carry nothing before it is sent others.
    pub(super) probes_first: bool,
}

impl Memory {
    pub(super) fn of(lease: &Lease) -> Self {
        let number = |value: i32| u32::try_from(value).unwrap_or_default();
        Self {
            failures: number(lease.failures),
            server_errors: number(lease.server_errors),
            probes_first: lease.probes_first,
        }
    }

    /// Takes in what a batch came to; of the batches of a turn in their order.
    pub(super) fn learn(&mut self, report: &Report, progress: &Progress) {
        if report.settled.is_some() {
            self.server_errors = 0;
        }
        if report.accepted > 0 || progress.confirmed.is_some() {
            self.failures = 0;
        }
        self.probes_first |= report.ending.outcome().is_some_and(Outcome::needs_probes);
        match &report.ending {
            Ending::Waiting(outcome) => {
                if matches!(outcome, Outcome::Wait { reason: WaitReason::ServerError, .. }) {
                    self.server_errors += 1;
                }
                self.failures += 1;
            }
            Ending::RefusesAll(_) | Ending::ProbeRefused(_) => self.failures += 1,
            Ending::Settled | Ending::Withheld | Ending::BrokenOff(_) => {
                self.failures += u32::from(report.accepted == 0 && last_refusal(report).is_some());
            }
        }
    }
}

/// How the end of a batch is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    /// False: an earlier batch of the turn has to wait, so that this one cannot move the cursor.
    pub(super) in_order: bool,
    /// Whether the turn goes on.
    pub(super) keep: bool,
    /// Entries that are still to be built one by one.
    pub(super) careful: i32,
    /// How far the batch brings its destination.
    pub(super) progress: Progress,
    /// Requests that were accepted, and have to be sent again.
    pub(super) again: usize,
}

/// Writes down what became of a batch. Says how things stand with the lease. `memory`: with the batch taken in.
pub(super) async fn conclude(
    line: &Line,
    report: &Report,
    memory: Memory,
    writing: Writing,
) -> Result<Kept, store::Error> {
    let delivery = &line.state.config.delivery;
    let Writing { in_order, progress, .. } = writing;
    let standing = if in_order { standing(&line.state, report, &progress, memory) } else { Standing::Unchanged };
    let end = TurnEnd {
        progress,
        standing,
        revision: line.lease.revision,
        server_errors: i32::try_from(memory.server_errors).unwrap_or(i32::MAX),
        probes_first: memory.probes_first,
        careful: writing.careful,
        deliveries: deliveries(&line.state, report, writing.again),
        dead_letters: if in_order && !progress.falls_back { dead_letters(&report.put_aside) } else { Vec::new() },
        keep: writing.keep.then_some(delivery.lease),
        switch_off_after: delivery.disable_after,
    };
    let kept = cursors::record_turn(line.priority.store(), line.lease.key(), line.lease.fence(), &end).await?;
    super::meter::batch(report, &end, kept);
    let destination = line.lease.destination;
    match kept {
        Kept::Lost => {
            tracing::info!(%destination, "a batch ended after its lease was lost; it changed nothing");
        }
        Kept::SwitchedOff => {
            tracing::warn!(%destination, "switched off: nothing was accepted for too long");
        }
        Kept::Written(_) => {}
    }
    Ok(kept)
}

/// Gives the lease back; nothing is on the wire any more.
pub(super) async fn release(line: &Line, memory: Memory, careful: i32) -> Result<(), store::Error> {
    let server_errors = i32::try_from(memory.server_errors).unwrap_or(i32::MAX);
    let probes_first = memory.probes_first;
    let end = TurnEnd { server_errors, probes_first, careful, ..nothing(&line.state, &line.lease) };
    cursors::record_turn(line.priority.store(), line.lease.key(), line.lease.fence(), &end).await?;
    Ok(())
}

/// Gives back the lease of a turn that broke off, everything else being as it was.
pub(super) async fn give_back(state: &State, store: &Store, lease: &Lease) -> Result<(), store::Error> {
    let end = TurnEnd { server_errors: lease.server_errors, careful: lease.careful, ..nothing(state, lease) };
    cursors::record_turn(store, lease.key(), lease.fence(), &end).await?;
    Ok(())
}

/// Ends a turn that could not even begin, with a sentence for the page.
pub(super) async fn needs_attention(state: &State, lease: &Lease, sentence: &str) -> Result<(), store::Error> {
    let standing = Standing::Waiting { health: "needs_attention", reason: sentence, pause: PROBES.0 };
    let end = TurnEnd { standing, ..nothing(state, lease) };
    cursors::record_turn(&state.store, lease.key(), lease.fence(), &end).await?;
    Ok(())
}

fn nothing(state: &State, lease: &Lease) -> TurnEnd<'static> {
    TurnEnd {
        progress: Progress::default(),
        standing: Standing::Unchanged,
        revision: lease.revision,
        server_errors: 0,
        probes_first: lease.probes_first,
        careful: 0,
        deliveries: Vec::new(),
        dead_letters: Vec::new(),
        keep: None,
        switch_off_after: state.config.delivery.disable_after,
    }
}

/// Where the batch leaves its destination.
fn standing<'a>(state: &State, report: &'a Report, progress: &Progress, memory: Memory) -> Standing<'a> {
    match &report.ending {
        Ending::Waiting(outcome) | Ending::ProbeRefused(outcome) => waiting(state, memory.failures, outcome),
        Ending::RefusesAll(outcome) => probing(state, memory.failures, outcome.sentence().unwrap_or_default()),
        Ending::Settled | Ending::Withheld | Ending::BrokenOff(_) => after_settling(state, report, progress, memory),
    }
}

fn after_settling<'a>(state: &State, report: &'a Report, progress: &Progress, memory: Memory) -> Standing<'a> {
    if report.accepted > 0 || progress.confirmed.is_some() {
        return Standing::Healthy;
    }
    let Some(outcome) = last_refusal(report) else { return Standing::Unchanged };
    // Others may pass, so nothing waits; but what takes nothing at all is not healthy.
    let reason = outcome.sentence().unwrap_or_default();
    if memory.failures >= MOST_PUT_ASIDE {
        return probing(state, memory.failures - MOST_PUT_ASIDE + 1, reason);
    }
    Standing::Waiting { health: "failing", reason, pause: Duration::ZERO }
}

fn last_refusal(report: &Report) -> Option<&Outcome> {
    report.put_aside.iter().rev().find_map(|aside| aside.refusal.as_ref()).map(|(outcome, _)| outcome)
}

/// How long a destination waits, and what the page says meanwhile.
fn waiting<'a>(state: &State, failures: u32, outcome: &'a Outcome) -> Standing<'a> {
    let reason = outcome.sentence().unwrap_or_default();
    let Outcome::Wait { not_before, .. } = outcome else { return probing(state, failures, reason) };
    let (base, cap) = (state.config.delivery.retry_base, state.config.delivery.retry_cap);
    let pause = backoff(failures, base, cap, jitter(state)).max(not_before.unwrap_or_default());
    Standing::Waiting { health: "failing", reason, pause }
}

/// A destination that a person has to look at is tried now and then.
fn probing<'a>(state: &State, failures: u32, reason: &'a str) -> Standing<'a> {
    // An operator who caps the back-off caps the probing as well.
    let cap = state.config.delivery.retry_cap;
    let (shortest, longest) = (PROBES.0.min(cap), PROBES.1.min(cap.max(PROBES.0)));
    let pause = backoff(failures, shortest, longest, jitter(state));
    Standing::Waiting { health: "needs_attention", reason, pause }
}

fn jitter(state: &State) -> f64 {
    unit(state.random.bytes().unwrap_or([128; 8]))
}

fn deliveries<'a>(state: &State, report: &'a Report, again: usize) -> Vec<Delivery<'a>> {
    let row = |sent: &'a super::delivering::Sent| Delivery {
        id: DeliveryId(state.random.uuid()),
        duration: sent.attempt.duration,
        requests: sent.requests,
        bytes: sent.bytes,
        outcome: sent.attempt.outcome.name(),
        status: sent.attempt.status,
        answer: sent.attempt.outcome.sentence().filter(|sentence| !sentence.is_empty()).map(Cow::Borrowed),
    };
    let mut rows: Vec<_> = report.sent.iter().map(row).collect();
    if let Some(last) = rows.last_mut().filter(|_| again > 0) {
        let sentence = last.answer.take().unwrap_or_default();
        last.answer = Some(format!("{sentence} {}", sent_again(again)).into());
    }
    rows
}

/// What people read of requests that were accepted too early.
fn sent_again(requests: usize) -> String {
    let (requests, were) =
        if requests == 1 { ("1 request".to_owned(), "was") } else { (format!("{requests} requests"), "were") };
    format!(
        "{requests} that {were} accepted right before may be lost, because a receiver like this accepts before it knows: sent again \
         as soon as it takes any."
    )
}

fn dead_letters(put_aside: &[PutAside]) -> Vec<DeadLetter<'_>> {
    put_aside.iter().map(dead_letter).collect()
}

fn dead_letter(aside: &PutAside) -> DeadLetter<'_> {
    let (reason, status) = match &aside.refusal {
        Some((Outcome::Wait { .. }, status)) => ("the receiver fails whenever it is sent this request", *status),
        Some((_, status)) => ("the receiver refuses this request", *status),
        None => ("no trace can be built of the recorded request", None),
    };
    DeadLetter {
        place: aside.place,
        reason,
        status,
        answer: aside.refusal.as_ref().and_then(|(outcome, _)| outcome.sentence()),
    }
}
