//! Hands one batch to its destination: whole, or in ever smaller parts when it is refused (spec 4.3).

use super::report::{Covered, Ending, Report, Sent};
use crate::delivery::{Step, decide};
use crate::store;
use crate::store::deliveries::LeftOut;
use crate::store::log::Position;
use crate::worker::build::batch::{Batch, WithContent};
use crate::worker::build::reader::read_part;
use crate::worker::leased::Leased;

/// Entries behind `after` up to `until`, still to be sent as one request.
#[derive(Debug, Clone, Copy)]
struct Piece {
    after: Position,
    until: Position,
    content: WithContent,
}

/// Hands over a batch whose entries lie behind `after`. `server_errors`: how often its head was answered with HTTP 500.
pub(super) async fn send(leased: &Leased, after: Position, mut batch: Batch, server_errors: u32) -> Report {
    let mut report = Report::of_unsent(&mut batch);
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
    let mut built = Some(batch);
    // The next piece lies on top.
    let mut rest = vec![Piece { after, until, content: WithContent::AsRead }];
    while let Some(piece) = rest.pop() {
        let batch = match built.take() {
            Some(batch) => batch,
            None => read_part(leased, (piece.after, piece.until), piece.content).await?,
        };
        let (completed, left_out) = (batch.completed, batch.left_out);
        let covered = Covered { after: piece.after, until: piece.until, completed, left_out };
        if batch.places.is_empty() {
            report.left_out.extend((left_out != LeftOut::default()).then_some(covered));
            continue;
        }
        let Some(attempt) = leased.send(batch.body.clone()).await? else { return Ok(Ending::Withheld) };
        let step = decide(&attempt.outcome, report.part(&batch, &attempt, server_errors));
        let (outcome, status) = (attempt.outcome.clone(), attempt.status);
        report.sent.push(Sent { attempt, requests: batch.places.len(), bytes: batch.bytes, covered: Some(covered) });
        match step {
            Step::Settle => report.settle(piece.until, batch.places.len()),
            Step::Halve => rest.extend(halves(piece, &batch.places)),
            Step::LeaveContentOut => rest.push(Piece { content: WithContent::LeftOut, ..piece }),
            Step::DeadLetter => report.give_up(piece.until, batch.places, &(outcome, status)),
            Step::Wait => return Ok(Ending::Waiting(outcome)),
            Step::Complain => return Ok(Ending::RefusesAll(outcome)),
        }
    }
    Ok(Ending::Settled)
}

/// The two halves of a piece with these requests (at least two), the first one on top.
fn halves(piece: Piece, places: &[Position]) -> [Piece; 2] {
    let middle = places[places.len() / 2 - 1];
    [Piece { after: middle, ..piece }, Piece { until: middle, ..piece }]
}
