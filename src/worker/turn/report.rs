//! What became of a batch: requests that were made, what is settled by them, and why the rest waits.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::delivery::{Outcome, Part, WaitReason};
use crate::destination::Connection;
use crate::egress;
use crate::otlp::answer::{Evidence, Response};
use crate::store::deliveries::LeftOut;
use crate::store::log::Position;
use crate::worker::build::batch::Batch;

/// A receiver that took this long did not answer in time.
const LATE: Duration = Duration::from_secs(5);

/// A request that was made.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What it means.
    pub(super) outcome: Outcome,
    /// The HTTP status, if there was an answer.
    pub(super) status: Option<u16>,
    /// From looking up the name to the answer's last byte.
    pub(super) duration: Duration,
    /// What is kept of the answer.
    pub(super) evidence: Evidence,
}

impl Attempt {
    /// What an answer, or the lack of one, means where this connection leads.
    pub(super) fn of(connection: &Connection, answer: Result<Response, egress::Error>, duration: Duration) -> Self {
        match answer {
            Ok(answer) => Self {
                outcome: connection.outcome(&answer),
                status: Some(answer.status),
                duration,
                evidence: connection.evidence(&answer),
            },
            Err(error) => Self { outcome: error.outcome(), status: None, duration, evidence: Evidence::default() },
        }
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The requests that were made.
    pub(super) sent: Vec<Sent>,
    /// Up to here everything is delivered or a dead letter. None: nothing is.
    pub(super) settled: Option<Position>,
    /// Parts of which nothing was to be sent.
    pub(super) left_out: Vec<Covered>,
    /// Completed requests that were accepted.
    pub(super) accepted: usize,
    /// Completed requests that are given up.
    pub(super) dead_letters: Vec<DeadLetter>,
    /// Why the rest, if any, waits.
    pub(super) ending: Ending,
    /// Dead letters since a request was accepted.
    dead_letters_in_a_row: u32,
}

/// How handing over a batch ended.
#[derive(Debug, Default)]
pub(super) enum Ending {
    /// All of it is settled.
    #[default]
    Settled,
    /// The destination is left alone for a while.
    Waiting(Outcome),
    /// The receiver refuses whatever it is sent. With its last answer.
    RefusesAll(Outcome),
    /// The receiver does not even take a probe.
    ProbeRefused(Outcome),
    /// Not sent: the lease was lost, the settings have changed, the program stops, or the database could not say.
    Withheld,
}

/// A request that was made, and what it carried.
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

/// A completed request that no further attempt is made for.
#[derive(Debug)]
pub(super) struct DeadLetter {
    pub(super) place: Position,
    /// The refusal and its HTTP status. None: no trace could be built.
    pub(super) refusal: Option<(Outcome, Option<u16>)>,
}

impl Ending {
    /// The receiver's last answer, where that decides.
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Waiting(outcome) | Self::RefusesAll(outcome) | Self::ProbeRefused(outcome) => Some(outcome),
            Self::Settled | Self::Withheld => None,
        }
    }
}

impl Report {
    /// Of a probe that was not accepted.
    pub(super) fn of_probe(attempt: Attempt) -> Self {
        let ending = Ending::ProbeRefused(attempt.outcome.clone());
        Self { sent: vec![Sent { attempt, requests: 0, bytes: 0, covered: None }], ending, ..Self::default() }
    }

    /// Of a batch that is not sent yet.
    pub(super) fn of_unsent(batch: &mut Batch) -> Self {
        let dead_letter = |place| DeadLetter { place, refusal: None };
        let dead_letters = std::mem::take(&mut batch.unreadable).into_iter().map(dead_letter).collect();
        Self { dead_letters, ..Self::default() }
    }

    /// Whether the whole batch is settled.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.ending, Ending::Settled)
    }

    /// Whether the receiver accepted something, all of it in time. None: nothing was sent.
    pub(super) fn is_well(&self) -> Option<bool> {
        let is_late = |sent: &Sent| sent.attempt.duration >= LATE;
        (!self.sent.is_empty()).then(|| self.accepted > 0 && !self.sent.iter().any(is_late))
    }

    /// The last answer that made a dead letter.
    pub(super) fn last_refusal(&self) -> Option<&Outcome> {
        self.dead_letters.iter().rev().find_map(|letter| letter.refusal.as_ref()).map(|(outcome, _)| outcome)
    }

    /// The part of the batch that an attempt carried, as a decision over it needs to know.
    pub(super) fn part(&self, batch: &Batch, attempt: &Attempt, server_errors: u32) -> Part {
        let is_server_error = matches!(attempt.outcome, Outcome::Wait { reason: WaitReason::ServerError, .. });
        Part {
            requests: batch.places.len(),
            has_content: batch.has_content,
            server_errors: server_errors + u32::from(is_server_error),
            dead_letters: self.dead_letters_in_a_row,
        }
    }

    /// So many requests up to `until` were accepted.
    pub(super) fn settle(&mut self, until: Position, requests: usize) {
        self.settled = Some(until);
        self.accepted += requests;
        self.dead_letters_in_a_row = 0;
    }

    /// The requests at these places are given up, and everything up to `until` is settled.
    pub(super) fn give_up(&mut self, until: Position, places: Vec<Position>, refusal: &(Outcome, Option<u16>)) {
        self.settled = Some(until);
        self.dead_letters_in_a_row += 1;
        let dead_letter = |place| DeadLetter { place, refusal: Some(refusal.clone()) };
        self.dead_letters.extend(places.into_iter().map(dead_letter));
    }

    /// Nothing more of the batch is sent.
    pub(super) fn end(mut self, ending: Ending, last: Option<Position>) -> Self {
        self.ending = ending;
        if self.is_settled() {
            self.settled = last;
        }
        let settled = self.settled;
        self.dead_letters.retain(|letter| settled.is_some_and(|settled| letter.place <= settled));
        self
    }
}
