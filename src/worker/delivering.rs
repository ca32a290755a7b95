//! Hands one batch to its destination: whole, or in ever smaller parts when it is refused (spec 4.3).

use chrono::{DateTime, Utc};

use super::attempt::Attempt;
use super::batch::{Batch, WithContent};
use super::line::Line;
use super::reader::Reader;
use crate::delivery::{Outcome, Part, Step, WaitReason, decide};
use crate::store;
use crate::store::deliveries::LeftOut;
use crate::store::log::Position;

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The requests that were made.
    pub(super) sent: Vec<Sent>,
    /// Up to here everything is delivered or put aside. None: nothing is.
    pub(super) settled: Option<Position>,
    /// Parts of which nothing was to be sent.
    pub(super) left_out: Vec<Covered>,
    /// Requests that were accepted.
    pub(super) accepted: usize,
    /// Requests that are put aside.
    pub(super) put_aside: Vec<PutAside>,
    /// Why the rest, if any, has to wait.
    pub(super) ending: Ending,
    /// Requests put aside since one was accepted.
    aside_in_a_row: u32,
}

/// How handing over a batch ended.
#[derive(Debug, Default)]
pub(super) enum Ending {
    /// All of it is settled.
    #[default]
    Settled,
    /// The destination has to be left alone.
    Waiting(Outcome),
    /// The receiver refuses whatever it is sent. With its last answer.
    RefusesAll(Outcome),
    /// The receiver does not even take a request that carries nothing.
    ProbeRefused(Outcome),
    /// The lease was lost, the settings have changed or the program stops: not sent.
    Withheld,
    /// The database was away in the middle of it.
    BrokenOff(store::Error),
}

/// One request that was made.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) attempt: Attempt,
    pub(super) requests: usize,
    pub(super) bytes: usize,
    /// None: it carried nothing.
    pub(super) covered: Option<Covered>,
}

/// What of the log a request covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Covered {
    pub(super) after: Position,
    pub(super) until: Position,
    /// When the requests in it completed: the first and the last one. None: there are none.
    pub(super) completed: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(super) left_out: LeftOut,
}

/// A request that no further attempt is made for.
#[derive(Debug)]
pub(super) struct PutAside {
    pub(super) place: Position,
    /// The refusal. None: it could not be built.
    pub(super) refusal: Option<(Outcome, Option<u16>)>,
}

/// Entries behind `after` up to `until`, still to be sent as one request.
#[derive(Debug, Clone, Copy)]
struct Piece {
    after: Position,
    until: Position,
    content: WithContent,
}

/// Hands over a batch whose entries lie behind `after`. `server_errors`: how often its head was answered with HTTP 500.
pub(super) async fn deliver(line: &Line, after: Position, mut batch: Batch, server_errors: u32) -> Report {
    let unreadable = std::mem::take(&mut batch.unreadable);
    let mut report = Report {
        settled: None,
        put_aside: unreadable.into_iter().map(|place| PutAside { place, refusal: None }).collect(),
        ..Report::default()
    };
    let last = batch.last;
    report.ending = match in_pieces(line, after, batch, server_errors, &mut report).await {
        Ok(ending) => ending,
        Err(error) => Ending::BrokenOff(error),
    };
    if matches!(report.ending, Ending::Settled) {
        report.settled = last;
    }
    let settled = report.settled;
    report.put_aside.retain(|aside| settled.is_some_and(|settled| aside.place <= settled));
    report
}

async fn in_pieces(
    line: &Line,
    after: Position,
    batch: Batch,
    server_errors: u32,
    report: &mut Report,
) -> Result<Ending, store::Error> {
    let Some(until) = batch.last else { return Ok(Ending::Settled) };
    let mut built = Some(batch);
    // The next piece lies on top.
    let mut rest = vec![Piece { after, until, content: WithContent::AsRead }];
    while let Some(piece) = rest.pop() {
        let batch = match built.take() {
            Some(batch) => batch,
            None => Reader::part(line, (piece.after, piece.until), piece.content).await?,
        };
        let (completed, left_out) = (batch.completed, batch.left_out);
        let covered = Covered { after: piece.after, until: piece.until, completed, left_out };
        if batch.places.is_empty() {
            report.left_out.extend((left_out != LeftOut::default()).then_some(covered));
            continue;
        }
        let Some(attempt) = line.send(batch.body.clone()).await? else { return Ok(Ending::Withheld) };
        let step = decide(&attempt.outcome, report.part(&batch, &attempt, server_errors));
        let (outcome, status) = (attempt.outcome.clone(), attempt.status);
        report.sent.push(Sent { attempt, requests: batch.places.len(), bytes: batch.bytes, covered: Some(covered) });
        match step {
            Step::Settle => report.settle(piece, batch.places.len()),
            Step::Halve => rest.extend(halves(piece, &batch.places)),
            Step::LeaveContentOut => rest.push(Piece { content: WithContent::LeftOut, ..piece }),
            Step::PutAside => report.aside(piece, batch.places, &outcome, status),
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

impl Ending {
    /// The receiver's last answer, where that decides.
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Waiting(outcome) | Self::RefusesAll(outcome) | Self::ProbeRefused(outcome) => Some(outcome),
            Self::Settled | Self::Withheld | Self::BrokenOff(_) => None,
        }
    }
}

impl Report {
    /// Of a request that carries nothing and was not accepted.
    pub(super) fn of_probe(attempt: Attempt) -> Self {
        let ending = Ending::ProbeRefused(attempt.outcome.clone());
        Self { sent: vec![Sent { attempt, requests: 0, bytes: 0, covered: None }], ending, ..Self::default() }
    }

    fn part(&self, batch: &Batch, attempt: &Attempt, server_errors: u32) -> Part {
        let is_server_error = matches!(attempt.outcome, Outcome::Wait { reason: WaitReason::ServerError, .. });
        Part {
            requests: batch.places.len(),
            has_content: batch.has_content,
            server_errors: server_errors + u32::from(is_server_error),
            put_aside: self.aside_in_a_row,
        }
    }

    fn settle(&mut self, piece: Piece, requests: usize) {
        self.settled = Some(piece.until);
        self.accepted += requests;
        self.aside_in_a_row = 0;
    }

    fn aside(&mut self, piece: Piece, places: Vec<Position>, outcome: &Outcome, status: Option<u16>) {
        self.settled = Some(piece.until);
        self.aside_in_a_row += 1;
        let refusal = |place| PutAside { place, refusal: Some((outcome.clone(), status)) };
        self.put_aside.extend(places.into_iter().map(refusal));
    }
}
