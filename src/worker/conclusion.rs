//! How a turn ends: where the cursor goes, what is put aside, how long the destination waits (spec 4.3).

use std::time::Duration;

use super::attempt::Attempt;
use super::batch::Batch;
use crate::delivery::{Outcome, backoff, unit};
use crate::id::DeliveryId;
use crate::state::State;
use crate::store;
use crate::store::cursors::{self, Key, Lease, Standing, TurnEnd};
use crate::store::deliveries::{DeadLetter, Delivery};
use crate::store::log::Read;

/// Shortest and longest pause between two probes of a destination that needs attention (spec 4.3).
const PROBES: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// What follows a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// There may be more to read.
    Again,
    /// The batch was refused: read fewer, to find the one that is.
    Fewer(i64),
    /// Nothing to read, or not now.
    Done,
}

/// Writes down how the turn ended, and says what follows.
pub(super) async fn conclude(
    state: &State,
    key: Key,
    lease: &Lease,
    batch: &Batch<'_>,
    attempt: Option<&Attempt>,
) -> Result<Next, store::Error> {
    let mut end = TurnEnd::unchanged();
    let Some(last) = batch.entries.last().map(Read::place) else {
        finish(state, key, lease, &end).await?;
        return Ok(Next::Done);
    };
    let sentence = attempt.and_then(|attempt| attempt.outcome.sentence()).unwrap_or_default();
    let next = match attempt.map(|attempt| &attempt.outcome) {
        Some(Outcome::Refused { .. }) if batch.entries.len() > 1 => {
            Next::Fewer(i64::try_from(batch.entries.len() / 2).unwrap_or(1))
        }
        Some(outcome @ (Outcome::Wait { .. } | Outcome::NeedsAttention { .. })) => {
            end.standing = waiting(state, lease, outcome, sentence);
            Next::Done
        }
        settled => {
            end.advance_to = Some(last);
            end.dead_letters = dead_letters(batch, settled);
            if settled.is_some_and(Outcome::is_accepted) {
                end.delivered = i64::try_from(batch.requests).unwrap_or_default();
                end.standing = Standing::Healthy;
            }
            Next::Again
        }
    };
    end.delivery = attempt.map(|attempt| Delivery {
        id: DeliveryId(state.random.uuid()),
        duration: attempt.duration,
        requests: batch.requests,
        bytes: batch.bytes,
        outcome: attempt.outcome.name(),
        status: attempt.status,
        answer: (!sentence.is_empty()).then_some(sentence),
    });
    let kept = finish(state, key, lease, &end).await?;
    Ok(if kept { next } else { Next::Done })
}

/// Ends a turn that could not even begin to send.
pub(super) async fn needs_attention(
    state: &State,
    key: Key,
    lease: &Lease,
    sentence: &str,
) -> Result<Next, store::Error> {
    let standing = Standing::Waiting { health: "needs_attention", reason: sentence, pause: PROBES.0 };
    finish(state, key, lease, &TurnEnd { standing, ..TurnEnd::unchanged() }).await?;
    Ok(Next::Done)
}

/// What is put aside: entries that cannot be read back, and the one that the receiver refuses.
fn dead_letters<'a>(batch: &Batch<'a>, outcome: Option<&'a Outcome>) -> Vec<DeadLetter<'a>> {
    let unreadable = batch.unreadable.iter().map(|entry| DeadLetter {
        entry,
        reason: "the recorded request cannot be read back",
        status: None,
        answer: None,
    });
    let refused = match outcome {
        Some(Outcome::Refused { status, sentence, .. }) => Some((*status, sentence.as_str())),
        _ => None,
    };
    let refused = refused.into_iter().flat_map(|(status, sentence)| {
        batch.entries.iter().map(move |entry| DeadLetter {
            entry,
            reason: "the receiver refuses this request",
            status: Some(status),
            answer: Some(sentence),
        })
    });
    unreadable.chain(refused).collect()
}

/// How long a destination waits, and what the page says meanwhile.
fn waiting<'a>(state: &State, lease: &Lease, outcome: &Outcome, reason: &'a str) -> Standing<'a> {
    let failures = u32::try_from(lease.failures).unwrap_or_default().saturating_add(1);
    let random = unit(state.random.bytes().unwrap_or([128; 8]));
    let (base, cap) = (state.config.delivery.retry_base, state.config.delivery.retry_cap);
    if let Outcome::Wait { not_before, .. } = outcome {
        let pause = backoff(failures, base, cap, random).max(not_before.unwrap_or_default());
        return Standing::Waiting { health: "failing", reason, pause };
    }
    // An operator who caps the back-off caps the probing as well.
    let (shortest, longest) = (PROBES.0.min(cap), PROBES.1.min(cap.max(PROBES.0)));
    Standing::Waiting { health: "needs_attention", reason, pause: backoff(failures, shortest, longest, random) }
}

async fn finish(state: &State, key: Key, lease: &Lease, end: &TurnEnd<'_>) -> Result<bool, store::Error> {
    let kept = cursors::record_turn(&state.store, key, lease.number, end).await?;
    if !kept {
        tracing::info!(destination = %key.destination, "a turn ended after its lease was lost; it changed nothing");
    }
    Ok(kept)
}
