//! Hands one batch to its destination: whole, or in ever smaller parts when it is refused (spec 4.3).

use super::report::{Attempt, Ending, Report};
use crate::delivery::{Step, decide};
use crate::id::DeliveryId;
use crate::store;
use crate::store::cursors::Reads;
use crate::store::deliveries::{Covered, Delivery};
use crate::store::log::Position;
use crate::worker::build::batch::{Allowance, Batch, WithContent};
use crate::worker::build::reader::read_part;
use crate::worker::leased::Leased;

/// Entries behind `after` up to `until`, still to be sent as one request.
#[derive(Debug, Clone, Copy)]
struct Piece {
    after: Position,
    until: Position,
    content: WithContent,
    /// What the budget of the day had left before it.
    allowance: Option<Allowance>,
}

/// Hands over a batch whose entries lie behind `after`. `server_errors`: how often its head was answered with HTTP 500.
pub(super) async fn send(leased: &Leased, after: Position, batch: Batch, server_errors: u32) -> Report {
    let mut report = Report::of_unsent(&batch);
    let last = batch.last;
    let ending = match in_pieces(leased, after, batch, server_errors, &mut report).await {
        Ok(ending) => ending,
        Err(error) => {
            tracing::warn!(%error, destination = %leased.lease.destination, "a batch broke off; it is taken up again");
            Ending::Withheld
        }
    };
    report.end(ending, last)
}

async fn in_pieces(
    leased: &Leased,
    after: Position,
    batch: Batch,
    server_errors: u32,
    report: &mut Report,
) -> store::Result<Ending> {
    let Some(until) = batch.last else { return Ok(Ending::Settled) };
    let allowance = batch.allowance;
    let mut built = Some(batch);
    // The next piece lies on top.
    let mut rest = vec![Piece { after, until, content: WithContent::AsRead, allowance }];
    while let Some(piece) = rest.pop() {
        let Piece { after, until, content, allowance } = piece;
        let batch = match built.take() {
            Some(batch) => batch,
            None => read_part(leased, (after, until), content, allowance).await?,
        };
        let mut covered = Covered::new(leased.lease.destination, (after, until), batch.left_out);
        if batch.places.is_empty() {
            if batch.left_out.is_any() {
                report.deliveries.push(Delivery::left_out(DeliveryId(leased.state.random.uuid()), covered));
            }
            continue;
        }
        let Some(attempt) = leased.send(&batch.parcels).await? else { return Ok(Ending::Withheld) };
        let Attempt { outcome, delivery } = attempt;
        if let Some((oldest, newest)) = batch.completed.filter(|_| outcome.is_accepted()) {
            (covered.oldest, covered.newest) = (Some(oldest), Some(newest));
        }
        let (requests, bytes, status) = (batch.places.len(), batch.bytes, delivery.status);
        report.deliveries.push(Delivery { requests, bytes, covered: Some(covered), ..delivery });
        match decide(&outcome, report.part(&batch, &outcome, server_errors)) {
            Step::Settle => {
                report.settle(until, requests);
                if leased.lease.reads != Reads::Live {
                    report.replayed.extend(batch.places);
                }
            }
            Step::Halve => rest.extend(halves(piece, &batch.places)),
            Step::LeaveContentOut => rest.push(Piece { content: WithContent::LeftOut, ..piece }),
            Step::DeadLetter => report.give_up(until, batch.places, &outcome, status),
            Step::Wait => return Ok(Ending::Waiting(outcome)),
        }
    }
    Ok(Ending::Settled)
}

/// The two halves of a piece with these requests (at least two), the first one on top.
fn halves(piece: Piece, places: &[Position]) -> [Piece; 2] {
    let first = places.len() / 2;
    let middle = places[first - 1];
    let allowance = piece.allowance.map(|left| Allowance { requests: left.requests.saturating_sub(first), ..left });
    [Piece { after: middle, allowance, ..piece }, Piece { until: middle, ..piece }]
}
