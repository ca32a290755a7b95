//! What became of a batch: requests that were made, what is settled by them, and why the rest waits.

use std::time::Duration;

use chrono::NaiveDate;

use crate::delivery::confirmation::UpTo;
use crate::delivery::{DeadLetterReason, Outcome, Part, WaitReason};
use crate::store::deliveries::{DeadLetter, Delivery};
use crate::store::log::Position;
use crate::worker::build::batch::Batch;

/// A receiver that took this long did not answer in time.
const LATE: Duration = Duration::from_secs(5);

/// A request that was made.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) outcome: Outcome,
    /// The row that it becomes.
    pub(super) delivery: Delivery,
}

#[derive(Debug, Default)]
pub(super) struct Report {
    /// The requests that were made, and the parts of which nothing was to be sent, in the order of the log.
    pub(super) deliveries: Vec<Delivery>,
    /// Up to here everything is delivered or a dead letter. None: nothing is.
    pub(super) settled: Option<Position>,
    pub(super) accepted: usize,
    /// Requests that are settled, whether they were accepted or given up: the budget of the day counts them.
    pub(super) spent: usize,
    /// The day of that budget. None: there is no budget.
    pub(super) day: Option<NaiveDate>,
    /// Completed requests that are given up.
    pub(super) dead_letters: Vec<DeadLetter>,
    /// The accepted requests of a replay.
    pub(super) replayed: Vec<Position>,
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
    /// The rest waits, because of this answer.
    Waiting(Outcome),
    /// The receiver does not even take a probe.
    ProbeRefused(Outcome),
    /// Not sent: the lease was lost, the settings have changed, the program stops, or the database could not say.
    Withheld,
}

impl Ending {
    /// The receiver's last answer, where that decides.
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Waiting(outcome) | Self::ProbeRefused(outcome) => Some(outcome),
            Self::Settled | Self::Withheld => None,
        }
    }
}

impl Report {
    /// Of a probe that was not accepted. None: it was not sent.
    pub(super) fn of_probe(attempt: Option<Attempt>) -> Self {
        let Some(Attempt { outcome, delivery }) = attempt else {
            return Self { ending: Ending::Withheld, ..Self::default() };
        };
        Self { deliveries: vec![delivery], ending: Ending::ProbeRefused(outcome), ..Self::default() }
    }

    /// Of a batch that is not sent yet.
    pub(super) fn of_unsent(batch: &Batch) -> Self {
        let reason = DeadLetterReason::Unbuildable;
        let dead_letter = |place: &Position| DeadLetter { place: *place, reason, status: None, answer: None };
        let day = batch.allowance.map(|allowance| allowance.day);
        Self { dead_letters: batch.unreadable.iter().map(dead_letter).collect(), day, ..Self::default() }
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(self.ending, Ending::Settled)
    }

    /// The last place that is settled, and how many requests before it were accepted.
    pub(super) fn settled(&self) -> Option<UpTo<Position>> {
        self.settled.map(|place| UpTo { place, requests: self.accepted })
    }

    /// The requests that were made.
    pub(super) fn sent(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(|delivery| delivery.was_sent())
    }

    /// Whether the receiver accepted something, all of it in time. None: nothing was sent.
    pub(super) fn is_well(&self) -> Option<bool> {
        let slowest = self.sent().map(|sent| sent.duration).max()?;
        Some(self.accepted > 0 && slowest < LATE)
    }

    /// The last answer that made a dead letter.
    pub(super) fn last_refusal(&self) -> Option<&str> {
        self.dead_letters.iter().rev().find_map(|letter| letter.answer.as_deref())
    }

    /// The part of the batch that was sent, as a decision over its outcome needs to know.
    pub(super) fn part(&self, batch: &Batch, outcome: &Outcome, server_errors: u32) -> Part {
        let is_server_error = matches!(outcome, Outcome::Wait { reason: WaitReason::ServerError, .. });
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
        self.spent += requests;
        self.dead_letters_in_a_row = 0;
    }

    /// The requests at these places are given up, and everything up to `until` is settled.
    pub(super) fn give_up(&mut self, until: Position, places: Vec<Position>, outcome: &Outcome, status: Option<u16>) {
        self.settled = Some(until);
        self.spent += places.len();
        self.dead_letters_in_a_row += 1;
        let fails = matches!(outcome, Outcome::Wait { .. });
        let reason = if fails { DeadLetterReason::FailsReceiver } else { DeadLetterReason::Refused };
        let answer = outcome.sentence().map(str::to_owned);
        let dead_letter = |place| DeadLetter { place, reason, status, answer: answer.clone() };
        self.dead_letters.extend(places.into_iter().map(dead_letter));
    }

    /// Nothing more of the batch, which ends at `last`, is sent.
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
