//! What a batch leaves in the database: a row for each attempt, and one for each dead letter.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use super::batch_result::BatchResult;
use super::report::{Attempt, Covered, DeadLetter, Sent};
use crate::delivery::{DeadLetterReason, Outcome};
use crate::id::{DeliveryId, DestinationId};
use crate::otlp::VERSION;
use crate::store::deliveries::{self, Delivery, LeftOut};
use crate::store::log::Position;
use crate::worker::leased::Leased;

/// The outcome of a part of which nothing was to be sent.
const LEFT_OUT: &str = "left_out";

/// The most that Postgres' `integer` holds.
const MOST_MILLISECONDS: u32 = i32::MAX.cast_unsigned();

/// The attempts of a batch, and the parts of which nothing was to be sent.
pub(super) fn deliveries<'a>(leased: &Leased, result: &'a BatchResult) -> Vec<Delivery<'a>> {
    let left_out = result.report.left_out.iter().map(|covered| left_out(leased, covered, result.attempt));
    let sent = result.report.sent.iter().map(|sent| delivery(leased, sent, result.attempt));
    let mut rows: Vec<_> = left_out.chain(sent).collect();
    if let Some(last) = rows.last_mut().filter(|_| result.sent_again > 0) {
        let sentence = last.answer.take().unwrap_or_default();
        last.answer = Some(format!("{sentence} {}", about_sent_again(result.sent_again)).into());
    }
    rows
}

fn left_out(leased: &Leased, covered: &Covered, attempt: u32) -> Delivery<'static> {
    Delivery {
        id: DeliveryId(leased.state.random.uuid()),
        duration_ms: 0,
        requests: 0,
        bytes: 0,
        outcome: LEFT_OUT,
        status: None,
        answer: None,
        attempt,
        encoder: VERSION,
        covered: Some(covered_row(leased, covered, false)),
        headers: None,
        body: None,
    }
}

fn delivery<'a>(leased: &Leased, sent: &'a Sent, attempt: u32) -> Delivery<'a> {
    let Attempt { outcome, status, duration, evidence } = &sent.attempt;
    Delivery {
        id: DeliveryId(leased.state.random.uuid()),
        duration_ms: u32::try_from(duration.as_millis()).unwrap_or(MOST_MILLISECONDS).min(MOST_MILLISECONDS),
        requests: sent.requests,
        bytes: sent.bytes,
        outcome: outcome.name(),
        status: *status,
        answer: outcome.sentence().filter(|sentence| !sentence.is_empty()).map(Cow::Borrowed),
        attempt,
        encoder: VERSION,
        covered: sent.covered.map(|covered| covered_row(leased, &covered, outcome.is_accepted())),
        headers: Some(&evidence.headers).filter(|headers| !headers.is_empty()),
        body: evidence.body.as_deref(),
    }
}

fn covered_row(leased: &Leased, covered: &Covered, is_accepted: bool) -> deliveries::Covered {
    let Covered { after, until, completed, left_out } = *covered;
    let completed = completed.filter(|_| is_accepted);
    deliveries::Covered {
        batch_id: batch_id(leased.lease.destination, after, until),
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
fn about_sent_again(requests: usize) -> String {
    let (requests, were) =
        if requests == 1 { ("1 request".to_owned(), "was") } else { (format!("{requests} requests"), "were") };
    format!(
        "{requests} that {were} accepted right before may be lost, because a receiver like this accepts before it knows: sent again \
         as soon as it takes any."
    )
}

pub(super) fn dead_letter(letter: &DeadLetter) -> deliveries::DeadLetter<'_> {
    let (reason, status) = match &letter.refusal {
        Some((Outcome::Wait { .. }, status)) => (DeadLetterReason::FailsReceiver, *status),
        Some((_, status)) => (DeadLetterReason::Refused, *status),
        None => (DeadLetterReason::Unbuildable, None),
    };
    let answer = letter.refusal.as_ref().and_then(|(outcome, _)| outcome.sentence());
    deliveries::DeadLetter { place: letter.place, reason, status, answer }
}
