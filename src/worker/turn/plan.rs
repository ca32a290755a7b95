//! The plan of a turn: what to do next, by what has happened so far. Pure: `turn.rs` carries out its actions, and tells it of events.
//!
//! One batch is read ahead while others are on the wire, and they are acknowledged in their order, one at a time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::batch_result::{BatchResult, LeaseState};
use super::confirming::{Confirming, Probes};
use super::health::Health;
use super::report::{Attempt, Report};
use crate::delivery::poison::Poison;
use crate::store::cursors::Progress;
use crate::store::log::Position;
use crate::worker::build::batch::Batch;

/// How long a turn that has sent all waits for the next request, which needs no lease then.
const STAY: Duration = Duration::from_secs(1);

/// Something that has happened.
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
    /// Probes have passed.
    Passed(Probes),
    /// A probe was not accepted. None: it may not be sent any more.
    NotPassed(Option<Attempt>),
    /// A batch is acknowledged.
    Acknowledged(LeaseState),
}

/// Something to do. Each but the last one ends with an event.
#[derive(Debug)]
pub(super) enum Action {
    /// Read and build the next batch.
    Read,
    /// Send a batch. Its entries lie behind the place. Its head was answered with HTTP 500 so often.
    Send(Batch, Position, u32),
    /// Send probes.
    Probe(Probes),
    /// Acknowledge a batch.
    Acknowledge(BatchResult),
    /// Give the lease back, with what was learnt, and the entries that are still to be built one by one.
    Release(Health, i32),
}

/// What surrounds a turn now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    pub(super) now: Instant,
    /// Whether others wait for a turn.
    pub(super) is_crowded: bool,
    /// Whether the turn may wait for the next request.
    pub(super) may_stay: bool,
    /// Whether the program stops.
    pub(super) is_stopping: bool,
}

/// How far a turn has come; each phase includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Batches are read and sent.
    Open,
    /// No more is read.
    Draining,
    /// Nothing more is sent.
    Closed,
    /// A batch waits: those behind it, which are on the wire already, cannot move the cursor.
    Blocked,
    /// The lease is given back, and nothing is to be done.
    Over,
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

/// The plan of one turn.
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
    confirming: Confirming,
    poison: Poison,
    /// How long the turn waits for the next request.
    stay_until: Option<Instant>,
    /// Whether the lease is given back, or lost.
    is_released: bool,
}

impl Plan {
    /// The plan of a turn that begins behind `cursor`, with so many batches on the wire at the most.
    pub(super) fn new(
        cursor: Position,
        health: Health,
        confirming: Confirming,
        poison: Poison,
        in_flight_most: usize,
    ) -> Self {
        let is_well = (health.failures, health.server_errors) == (0, 0) && !poison.is_suspected();
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
            confirming,
            poison,
            stay_until: None,
            is_released: false,
        }
    }

    /// Takes in an event. Says what to begin now.
    pub(super) fn step(&mut self, around: Surroundings, event: Event) -> Vec<Action> {
        match event {
            Event::Looked => {}
            Event::Readable => self.is_readable(),
            Event::Read(batch, poison) => self.has_read(batch, poison),
            Event::Arrived(report, begun) => self.has_arrived(report, begun, around),
            Event::Passed(probes) => self.has_passed(probes, around.now),
            Event::NotPassed(attempt) => self.has_not_passed(attempt, around.now),
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
        let confirms = self.confirming.due().filter(|_| self.waits_to_confirm(around));
        let due = stays.into_iter().chain(confirms).min();
        due.filter(|_| self.is_idle())
    }

    /// Whether the turn has ended.
    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    fn is_readable(&mut self) {
        if self.backlog == Backlog::Nothing {
            self.backlog = Backlog::Fresh;
        }
    }

    fn has_read(&mut self, batch: Option<Batch>, poison: Poison) {
        (self.is_reading, self.poison) = (false, poison);
        let Some(batch) = batch else { return };
        // The next entry is for a newer worker.
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
        let (mut progress, mut sent_again) = (Progress::default(), 0);
        let attempt = self.next_attempt();
        if is_in_order {
            (progress, sent_again) = self.confirming.take_in(&report, (begun, around.now));
            self.health.take_in(&report, &progress);
            if report.is_settled() && report.accepted > 0 && !self.poison.is_one_by_one() {
                self.in_flight_limit = (self.in_flight_limit + 1).min(self.in_flight_most);
            }
        }
        self.stay_until = (report.accepted > 0).then_some(around.now + STAY);
        if !report.is_settled() {
            self.enter(Phase::Blocked);
        } else if around.is_crowded {
            self.enter(Phase::Draining);
        }
        self.is_back(report, progress, sent_again, attempt, is_in_order);
    }

    /// Probes that end after a batch has failed say nothing: the next turn probes again.
    fn has_passed(&mut self, probes: Probes, now: Instant) {
        self.is_probing = false;
        if self.phase >= Phase::Blocked {
            return;
        }
        self.health.probes_first = false;
        let progress = self.confirming.has_passed(probes, now);
        if progress.confirmed.is_some() {
            let (report, attempt) = (Report::default(), self.next_attempt());
            self.health.take_in(&report, &progress);
            self.is_back(report, progress, 0, attempt, true);
        }
    }

    /// Counts from 1 since something was last accepted.
    fn next_attempt(&self) -> u32 {
        self.health.failures.saturating_add(1)
    }

    fn has_not_passed(&mut self, attempt: Option<Attempt>, now: Instant) {
        self.is_probing = false;
        let Some(attempt) = attempt.filter(|_| self.phase < Phase::Blocked) else { return self.enter(Phase::Closed) };
        let report = Report::of_probe(attempt);
        let (progress, sent_again) = self.confirming.take_in(&report, (now, now));
        let attempt = self.next_attempt();
        self.health.take_in(&report, &progress);
        self.enter(Phase::Blocked);
        self.is_back(report, progress, sent_again, attempt, true);
    }

    fn is_back(&mut self, report: Report, progress: Progress, sent_again: usize, attempt: u32, is_in_order: bool) {
        let (health, one_by_one) = (self.health, self.poison.one_by_one());
        let result =
            BatchResult { report, progress, sent_again, health, attempt, is_in_order, one_by_one, keeps_lease: true };
        self.arrived.push_back(result);
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
            && let Some(probes) = self.confirming.probes(self.in_flight == 0 && !self.is_reading, around.now)
        {
            self.is_probing = true;
            actions.push(Action::Probe(probes));
        }
        actions.extend(self.next_to_acknowledge(around));
        if self.is_idle() && !self.stays(around) && !self.waits_to_confirm(around) {
            self.enter(Phase::Over);
            if !self.is_released {
                actions.push(Action::Release(self.health, self.poison.one_by_one()));
            }
        }
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
        is_time && self.is_open() && self.confirming.is_open() && self.ready.is_none() && !self.is_reading
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
        if !keeps_lease {
            self.enter(Phase::Closed);
        }
        self.acknowledging = Some(keeps_lease);
        Some(Action::Acknowledge(BatchResult { keeps_lease, ..result }))
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
        may_wait && self.confirming.due().is_some()
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = self.phase.max(phase);
    }
}

#[cfg(test)]
mod tests;
