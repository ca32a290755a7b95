//! What is written down about a batch: where the cursor goes, what is put aside, how long the destination waits (spec 4.3).

use std::borrow::Cow;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use super::attempt::Attempt;
use super::delivering::{Covered, Ending, PutAside, Report, Sent};
use super::line::Line;
use crate::delivery::{DeadLetterReason, Health, MOST_PUT_ASIDE, Outcome, WaitReason, backoff, unit};
use crate::id::{DeliveryId, DestinationId};
use crate::otlp::VERSION;
use crate::state::State;
use crate::store::cursors::{self, BatchResult, Lease, LeaseState, Progress};
use crate::store::deliveries::{self, DeadLetter, Delivery, LeftOut};
use crate::store::destinations::{HealthChange, HealthNote};
use crate::store::log::Position;
use crate::store::{self, Store};

/// Shortest and longest pause between two probes of a destination that needs attention (spec 4.3).
const PROBES: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// The outcome of a part of which nothing was to be sent.
const LEFT_OUT: &str = "left_out";

/// What Postgres' `integer` holds.
const MOST_MILLISECONDS: u32 = i32::MAX.cast_unsigned();

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
    /// Counts from 1 since something was last accepted.
    pub(super) attempt: u32,
}

/// Writes down what became of a batch. Says how things stand with the lease. `memory`: with the batch taken in.
pub(super) async fn conclude(
    line: &Line,
    report: &Report,
    memory: Memory,
    writing: Writing,
) -> Result<LeaseState, store::Error> {
    let delivery = &line.state.config.delivery;
    let Writing { in_order, progress, .. } = writing;
    let change = if in_order { health(&line.state, report, &progress, memory) } else { HealthChange::Unchanged };
    let nothing = nothing(&line.state, &line.lease);
    let result = BatchResult {
        progress,
        health: HealthNote { change, probes_first: memory.probes_first, ..nothing.health },
        server_errors: i32::try_from(memory.server_errors).unwrap_or(i32::MAX),
        careful: writing.careful,
        deliveries: deliveries(line, report, writing),
        dead_letters: if in_order && !progress.falls_back { dead_letters(&report.put_aside) } else { Vec::new() },
        keep: writing.keep.then_some(delivery.lease),
        ..nothing
    };
    let state = cursors::acknowledge(line.priority.store(), line.lease.fence(), &result).await?;
    super::meter::batch(report, &result, state);
    let destination = line.lease.destination;
    match state {
        LeaseState::Lost => {
            tracing::info!(%destination, "a batch ended after its lease was lost; it changed nothing");
        }
        LeaseState::Disabled => {
            tracing::warn!(%destination, "switched off: nothing was accepted for too long");
        }
        LeaseState::Held(_) => {}
    }
    Ok(state)
}

/// Gives the lease back; nothing is on the wire any more.
pub(super) async fn release(line: &Line, memory: Memory, careful: i32) -> Result<(), store::Error> {
    let server_errors = i32::try_from(memory.server_errors).unwrap_or(i32::MAX);
    let nothing = nothing(&line.state, &line.lease);
    let health = HealthNote { probes_first: memory.probes_first, ..nothing.health };
    let result = BatchResult { health, server_errors, careful, ..nothing };
    cursors::acknowledge(line.priority.store(), line.lease.fence(), &result).await?;
    Ok(())
}

/// Gives back the lease of a turn that broke off, everything else being as it was.
pub(super) async fn give_back(state: &State, store: &Store, lease: &Lease) -> Result<(), store::Error> {
    let result = BatchResult { server_errors: lease.server_errors, careful: lease.careful, ..nothing(state, lease) };
    cursors::acknowledge(store, lease.fence(), &result).await?;
    Ok(())
}

/// Ends a turn that could not even begin, with a sentence for the page.
pub(super) async fn needs_attention(state: &State, lease: &Lease, sentence: &str) -> Result<(), store::Error> {
    let change = HealthChange::Waiting { health: Health::NeedsAttention, reason: sentence, pause: PROBES.0 };
    let nothing = nothing(state, lease);
    let result = BatchResult { health: HealthNote { change, ..nothing.health }, ..nothing };
    cursors::acknowledge(&state.store, lease.fence(), &result).await?;
    Ok(())
}

fn nothing(state: &State, lease: &Lease) -> BatchResult<'static> {
    BatchResult {
        destination: lease.destination,
        progress: Progress::default(),
        health: HealthNote {
            change: HealthChange::Unchanged,
            probes_first: lease.probes_first,
            revision: lease.revision,
            switch_off_after: state.config.delivery.disable_after,
        },
        server_errors: 0,
        careful: 0,
        private: lease.private,
        deliveries: Vec::new(),
        dead_letters: Vec::new(),
        keep: None,
    }
}

/// Where the batch leaves its destination.
fn health<'a>(state: &State, report: &'a Report, progress: &Progress, memory: Memory) -> HealthChange<'a> {
    match &report.ending {
        Ending::Waiting(outcome) | Ending::ProbeRefused(outcome) => waiting(state, memory.failures, outcome),
        Ending::RefusesAll(outcome) => probing(state, memory.failures, outcome.sentence().unwrap_or_default()),
        Ending::Settled | Ending::Withheld | Ending::BrokenOff(_) => after_settling(state, report, progress, memory),
    }
}

fn after_settling<'a>(state: &State, report: &'a Report, progress: &Progress, memory: Memory) -> HealthChange<'a> {
    if report.accepted > 0 || progress.confirmed.is_some() {
        return HealthChange::Healthy;
    }
    let Some(outcome) = last_refusal(report) else { return HealthChange::Unchanged };
    // Others may pass, so nothing waits; but what takes nothing at all is not healthy.
    let reason = outcome.sentence().unwrap_or_default();
    if memory.failures >= MOST_PUT_ASIDE {
        return probing(state, memory.failures - MOST_PUT_ASIDE + 1, reason);
    }
    HealthChange::Waiting { health: Health::Failing, reason, pause: Duration::ZERO }
}

fn last_refusal(report: &Report) -> Option<&Outcome> {
    report.put_aside.iter().rev().find_map(|aside| aside.refusal.as_ref()).map(|(outcome, _)| outcome)
}

/// How long a destination waits, and what the page says meanwhile.
fn waiting<'a>(state: &State, failures: u32, outcome: &'a Outcome) -> HealthChange<'a> {
    let reason = outcome.sentence().unwrap_or_default();
    let Outcome::Wait { not_before, .. } = outcome else { return probing(state, failures, reason) };
    let (base, cap) = (state.config.delivery.retry_base, state.config.delivery.retry_cap);
    let pause = backoff(failures, base, cap, jitter(state)).max(not_before.unwrap_or_default());
    HealthChange::Waiting { health: Health::Failing, reason, pause }
}

/// A destination that a person has to look at is tried now and then.
fn probing<'a>(state: &State, failures: u32, reason: &'a str) -> HealthChange<'a> {
    // An operator who caps the back-off caps the probing as well.
    let cap = state.config.delivery.retry_cap;
    let (shortest, longest) = (PROBES.0.min(cap), PROBES.1.min(cap.max(PROBES.0)));
    let pause = backoff(failures, shortest, longest, jitter(state));
    HealthChange::Waiting { health: Health::NeedsAttention, reason, pause }
}

fn jitter(state: &State) -> f64 {
    unit(state.random.bytes().unwrap_or([128; 8]))
}

fn deliveries<'a>(line: &Line, report: &'a Report, writing: Writing) -> Vec<Delivery<'a>> {
    let left_out = report.left_out.iter().map(|covered| Delivery {
        id: DeliveryId(line.state.random.uuid()),
        duration_ms: 0,
        requests: 0,
        bytes: 0,
        outcome: LEFT_OUT,
        status: None,
        answer: None,
        attempt: writing.attempt,
        encoder: VERSION,
        covered: Some(row(line, covered, false)),
        headers: None,
        body: None,
    });
    let sent = report.sent.iter().map(|sent| delivery(line, sent, writing.attempt));
    let mut rows: Vec<_> = left_out.chain(sent).collect();
    if let Some(last) = rows.last_mut().filter(|_| writing.again > 0) {
        let sentence = last.answer.take().unwrap_or_default();
        last.answer = Some(format!("{sentence} {}", sent_again(writing.again)).into());
    }
    rows
}

fn delivery<'a>(line: &Line, sent: &'a Sent, number: u32) -> Delivery<'a> {
    let Attempt { outcome, status, duration, evidence } = &sent.attempt;
    Delivery {
        id: DeliveryId(line.state.random.uuid()),
        duration_ms: u32::try_from(duration.as_millis()).unwrap_or(MOST_MILLISECONDS).min(MOST_MILLISECONDS),
        requests: sent.requests,
        bytes: sent.bytes,
        outcome: outcome.name(),
        status: *status,
        answer: outcome.sentence().filter(|sentence| !sentence.is_empty()).map(Cow::Borrowed),
        attempt: number,
        encoder: VERSION,
        covered: sent.covered.map(|covered| row(line, &covered, outcome.is_accepted())),
        headers: Some(&evidence.headers).filter(|headers| !headers.is_empty()),
        body: evidence.body.as_deref(),
    }
}

fn row(line: &Line, covered: &Covered, accepted: bool) -> deliveries::Covered {
    let Covered { after, until, completed, left_out } = *covered;
    let completed = completed.filter(|_| accepted);
    deliveries::Covered {
        batch_id: batch_id(line.lease.destination, after, until),
        after_xid: after.xid,
        after_position: after.position,
        last_xid: until.xid,
        last_position: until.position,
        oldest: completed.map(|(oldest, _)| oldest),
        newest: completed.map(|(_, newest)| newest),
        left_out: (left_out != LeftOut::default()).then_some(left_out),
    }
}

/// The same for every attempt with the same entries, so that a receiver can tell that it knows them.
fn batch_id(destination: DestinationId, after: Position, until: Position) -> Uuid {
    let mut hash = Sha256::new_with_prefix(destination.0);
    for place in [after, until] {
        hash.update(place.xid.0.to_be_bytes());
        hash.update(place.position.to_be_bytes());
    }
    let hash = hash.finalize();
    Builder::from_custom_bytes(hash.first_chunk().copied().unwrap_or_default()).into_uuid()
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
        Some((Outcome::Wait { .. }, status)) => (DeadLetterReason::FailsReceiver, *status),
        Some((_, status)) => (DeadLetterReason::Refused, *status),
        None => (DeadLetterReason::Unbuildable, None),
    };
    DeadLetter {
        place: aside.place,
        reason,
        status,
        answer: aside.refusal.as_ref().and_then(|(outcome, _)| outcome.sentence()),
    }
}
