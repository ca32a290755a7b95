//! The plan of a turn: what to do next, by what has happened so far. Pure: `turn.rs` carries out its actions, and tells it of events.
//!
//! One batch is read ahead while others are on the wire, and they are acknowledged in their order, one at a time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::acknowledge::BatchResult;
use super::health::Health;
use super::report::{Ending, Report};
use crate::delivery::confirmation::{Confirmation, Probes, Progress};
use crate::delivery::poison::Poison;
use crate::store::cursors::LeaseState;
use crate::store::log::Position;
use crate::worker::build::batch::Batch;

/// How long a turn that has sent all waits for the next request, which needs no lease then.
const STAY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) enum Event {
    /// Time has passed, the program stops, or the turn begins.
    Looked,
    /// Something may be readable behind what was read.
    Readable,
    /// A read has ended, with a batch if there was any. Builds at the cursor are known to be so.
    Read(Option<Batch>, Poison),
    /// The oldest batch on the wire is back. It was sent at this time.
    Arrived(Report, Instant),
    Passed(Probes<Position>),
    /// A probe was not accepted, or may not be sent any more.
    NotPassed(Report),
    Acknowledged(LeaseState),
}

/// Something to do, which ends with an event.
#[derive(Debug)]
pub(super) enum Action {
    Read,
    /// Send a batch. Its entries lie behind the place. Its head was answered with HTTP 500 so often.
    Send(Batch, Position, u32),
    Probe(Probes<Position>),
    /// Acknowledge a batch, or give the lease back with what was learnt.
    Acknowledge(BatchResult),
}

/// What surrounds a turn now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    pub(super) now: Instant,
    /// Whether others wait for a turn.
    pub(super) is_crowded: bool,
    /// Whether the turn may wait for the next request.
    pub(super) may_stay: bool,
    pub(super) is_stopping: bool,
}

/// How far a turn has come; each phase includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// No more is read.
    Draining,
    /// Nothing more is sent.
    Closed,
    /// A batch waits: those behind it, which are on the wire already, cannot move the cursor.
    Blocked,
}

/// What lies in the log behind what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backlog {
    /// Probably more: it is read ahead.
    More,
    /// New requests: they are read once they can be sent at once, so that those that follow go along.
    Fresh,
    /// Nothing, as far as is known.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Plan {
    phase: Phase,
    backlog: Backlog,
    /// The place up to which the log is read.
    read_to: Position,
    /// The place up to which batches were sent.
    sent_to: Position,
    is_reading: bool,
    /// Read and built, not yet on the wire.
    ready: Option<Batch>,
    in_flight: usize,
    /// Most batches on the wire now. A turn begins with one where the last attempt failed, and each success allows one more.
    in_flight_limit: usize,
    /// Most batches on the wire ever (spec 4.2).
    in_flight_most: usize,
    is_probing: bool,
    /// Batches that are back, to be acknowledged in this order.
    arrived: VecDeque<BatchResult>,
    /// A batch is being acknowledged, and whether the lease is kept with it.
    acknowledging: Option<bool>,
    health: Health,
    confirmation: Confirmation<Position>,
    poison: Poison,
    /// How long the turn waits for the next request.
    stay_until: Option<Instant>,
    /// The budget of the day is used up behind what was read.
    held_until: Option<DateTime<Utc>>,
    /// Whether the lease is given back, or lost.
    is_released: bool,
}

impl Plan {
    /// The plan of a turn that begins behind `cursor`, with so many batches on the wire at the most.
    pub(super) fn new(
        cursor: Position,
        health: Health,
        confirmation: Confirmation<Position>,
        poison: Poison,
        in_flight_most: usize,
    ) -> Self {
        let is_well = health == Health::default() && !poison.is_suspected();
        Self {
            phase: Phase::Open,
            backlog: Backlog::More,
            read_to: cursor,
            sent_to: cursor,
            is_reading: false,
            ready: None,
            in_flight: 0,
            in_flight_limit: if is_well { in_flight_most } else { 1 },
            in_flight_most,
            is_probing: false,
            arrived: VecDeque::new(),
            acknowledging: None,
            health,
            confirmation,
            poison,
            stay_until: None,
            held_until: None,
            is_released: false,
        }
    }

    /// Takes in an event. Says what to begin now.
    pub(super) fn step(&mut self, around: Surroundings, event: Event) -> Vec<Action> {
        match event {
            Event::Readable if self.backlog == Backlog::Nothing => self.backlog = Backlog::Fresh,
            Event::Readable | Event::Looked => {}
            Event::Read(batch, poison) => self.has_read(batch, poison),
            Event::Arrived(report, begun) => self.has_arrived(report, begun, around),
            Event::Passed(probes) => self.has_passed(probes, around.now),
            Event::NotPassed(report) => self.has_not_passed(report, around.now),
            Event::Acknowledged(lease) => self.has_acknowledged(lease),
        }
        if around.is_stopping {
            self.enter(Phase::Draining);
        }
        self.next(around)
    }

    /// Whether the turn would read on.
    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// The place behind which the turn has found nothing and waits for more.
    pub(super) fn waits_behind(&self) -> Option<Position> {
        (self.is_open() && self.backlog == Backlog::Nothing && !self.is_reading).then_some(self.read_to)
    }

    /// When to look again, if nothing happens before.
    pub(super) fn due(&self, around: Surroundings) -> Option<Instant> {
        let stays = self.stay_until.filter(|_| self.stays(around));
        let confirms = self.confirmation.due().filter(|_| self.waits_to_confirm(around));
        let due = stays.into_iter().chain(confirms).min();
        due.filter(|_| self.is_idle())
    }

    /// Whether the turn has ended: the lease is given back or lost, and nothing is to be done.
    pub(super) fn is_over(&self) -> bool {
        self.is_released && self.is_idle()
    }

    fn has_read(&mut self, batch: Option<Batch>, poison: Poison) {
        (self.is_reading, self.poison) = (false, poison);
        let Some(batch) = batch else { return };
        if batch.held_until.is_some() {
            self.held_until = batch.held_until;
            self.enter(Phase::Draining);
        }
        // The next entry is for a newer worker, or waits for the next day.
        let Some(last) = batch.last else { return self.enter(Phase::Draining) };
        if batch.has_more {
            self.backlog = Backlog::More;
        }
        self.read_to = last;
        self.ready = Some(batch);
    }

    /// A batch is back from the wire. Its outcome holds for the next one at once.
    fn has_arrived(&mut self, report: Report, begun: Instant, around: Surroundings) {
        self.in_flight -= 1;
        let is_in_order = self.phase < Phase::Blocked;
        if is_in_order && report.is_settled() && report.accepted > 0 && !self.poison.is_one_by_one() {
            self.in_flight_limit = (self.in_flight_limit + 1).min(self.in_flight_most);
        }
        self.stay_until = (report.accepted > 0).then_some(around.now + STAY);
        if !report.is_settled() {
            self.enter(Phase::Blocked);
        } else if around.is_crowded {
            self.enter(Phase::Draining);
        }
        let progress = is_in_order.then(|| self.progress_by(&report, (begun, around.now)));
        self.is_back(report, progress);
    }

    /// Probes that end after a batch has failed say nothing: the next turn probes again.
    fn has_passed(&mut self, probes: Probes<Position>, now: Instant) {
        self.is_probing = false;
        if self.phase >= Phase::Blocked {
            return;
        }
        let progress = self.confirmation.has_passed(probes, now);
        if progress.confirmed.is_some() {
            self.is_back(Report::default(), Some(progress));
        }
    }

    fn has_not_passed(&mut self, report: Report, now: Instant) {
        self.is_probing = false;
        if self.phase >= Phase::Blocked || matches!(report.ending, Ending::Withheld) {
            return self.enter(Phase::Closed);
        }
        self.enter(Phase::Blocked);
        let progress = self.progress_by(&report, (now, now));
        self.is_back(report, Some(progress));
    }

    fn progress_by(&mut self, report: &Report, sent: (Instant, Instant)) -> Progress<Position> {
        self.confirmation.take_in(report.settled(), report.ending.outcome(), sent)
    }

    fn is_back(&mut self, report: Report, progress: Option<Progress<Position>>) {
        let attempt = self.health.failures.saturating_add(1);
        if let Some(progress) = &progress {
            self.health.take_in(&report, progress);
        }
        self.arrived.push_back(BatchResult {
            report,
            progress,
            health: self.health,
            probes_first: self.confirmation.probes_first(),
            one_by_one: self.poison.one_by_one(),
            attempt,
            held_until: None,
            keeps_lease: true,
        });
    }

    fn has_acknowledged(&mut self, lease: LeaseState) {
        let is_kept = self.acknowledging.take().unwrap_or(true);
        self.is_released |= !is_kept || lease == LeaseState::Lost;
        if lease != LeaseState::Held {
            self.enter(Phase::Closed);
        }
    }

    fn next(&mut self, around: Surroundings) -> Vec<Action> {
        let mut actions = Vec::new();
        actions.extend(self.next_to_send());
        if self.wants_to_read() {
            (self.is_reading, self.backlog) = (true, Backlog::Nothing);
            actions.push(Action::Read);
        }
        if !self.is_probing
            && self.phase <= Phase::Draining
            && let Some(probes) = self.confirmation.probes(self.in_flight == 0 && !self.is_reading, around.now)
        {
            self.is_probing = true;
            actions.push(Action::Probe(probes));
        }
        if self.is_idle() && !self.is_released && !self.stays(around) && !self.waits_to_confirm(around) {
            // Nothing came of the turn, or its last batch kept the lease: it is given back now.
            self.is_back(Report::default(), Some(Progress::default()));
        }
        actions.extend(self.next_to_acknowledge(around));
        actions
    }

    fn next_to_send(&mut self) -> Option<Action> {
        if self.phase >= Phase::Closed {
            self.ready = None;
        }
        let batch = self.ready.take_if(|_| self.in_flight + self.arrived.len() < self.in_flight_limit)?;
        self.in_flight += 1;
        let after = self.sent_to;
        self.sent_to = self.read_to;
        Some(Action::Send(batch, after, self.health.server_errors))
    }

    /// One batch is read ahead, but not before the destination has shown that it takes any, nor while builds are noted: the note is
    /// about the entries at the cursor.
    fn wants_to_read(&self) -> bool {
        let on_their_way = self.in_flight + self.arrived.len();
        let is_alone = on_their_way == 0 && self.acknowledging.is_none() && !self.is_probing;
        let is_time = match self.backlog {
            Backlog::More => is_alone || self.in_flight_limit > 1,
            Backlog::Fresh => is_alone || (self.in_flight_limit > 1 && on_their_way < self.in_flight_limit),
            Backlog::Nothing => false,
        };
        is_time && self.is_open() && self.confirmation.is_open() && self.ready.is_none() && !self.is_reading
    }

    /// The next batch to acknowledge. The lease is given back with the last one.
    fn next_to_acknowledge(&mut self, around: Surroundings) -> Option<Action> {
        if self.acknowledging.is_some() {
            return None;
        }
        let result = self.arrived.pop_front()?;
        let is_last = self.is_quiet() && self.arrived.is_empty();
        let goes_on = self.is_open() && (self.backlog != Backlog::Nothing || self.stays(around));
        let keeps_lease = !is_last || goes_on || self.waits_to_confirm(around);
        // A batch that waits lies before what is held.
        let held_until = self.held_until.filter(|_| !keeps_lease && self.phase <= Phase::Draining);
        if !keeps_lease {
            self.enter(Phase::Closed);
        }
        self.acknowledging = Some(keeps_lease);
        Some(Action::Acknowledge(BatchResult { held_until, keeps_lease, ..result }))
    }

    /// Whether nothing is read, ready, probed or on the wire.
    fn is_quiet(&self) -> bool {
        !self.is_reading && self.ready.is_none() && !self.is_probing && self.in_flight == 0
    }

    fn is_idle(&self) -> bool {
        self.is_quiet() && self.arrived.is_empty() && self.acknowledging.is_none()
    }

    /// Whether a turn that has sent all waits for the next request.
    fn stays(&self, around: Surroundings) -> bool {
        self.is_open() && around.may_stay && self.stay_until.is_some_and(|until| around.now < until)
    }

    /// Whether the turn waits until accepted batches can be confirmed. Where others wait for a turn, a later one confirms them.
    fn waits_to_confirm(&self, around: Surroundings) -> bool {
        let may_wait = self.phase <= Phase::Draining && !around.is_crowded && !around.is_stopping;
        may_wait && self.confirmation.due().is_some()
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = self.phase.max(phase);
    }
}

#[cfg(test)]
mod tests;
