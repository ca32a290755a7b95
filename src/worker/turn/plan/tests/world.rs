//! A small world around a plan: a log, a wire, a receiver and a database.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::delivery::confirmation::{Confirmation, LOOK_UP, Probes, Progress, UpTo};
use crate::delivery::poison::{Noted, Poison};
use crate::delivery::{Attention, Outcome, WaitReason};
use crate::id::DeliveryId;
use crate::otlp::answer::Evidence;
use crate::random::Random;
use crate::store::cursors::LeaseState;
use crate::store::deliveries::Delivery;
use crate::store::log::Position;
use crate::store::xid::Xid;
use crate::worker::build::batch::Batch;
use crate::worker::turn::acknowledge::BatchResult;
use crate::worker::turn::health::Health;
use crate::worker::turn::plan::{Action, Event, Plan, Surroundings};
use crate::worker::turn::report::{Attempt, Ending, Report};

/// Batches of so many requests are read.
pub(super) const BATCH: i64 = 10;

/// What a turn begins with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Start {
    pub(super) failures: u32,
    pub(super) accepts_unseen: bool,
    pub(super) probes_first: bool,
}

pub(super) fn at(position: i64) -> Position {
    Position { xid: Xid(7), position }
}

fn sent(requests: usize, outcome: Outcome) -> Attempt {
    let delivery = Delivery {
        id: DeliveryId(Random.uuid()),
        duration: Duration::ZERO,
        requests,
        bytes: 0,
        outcome: outcome.name(),
        status: None,
        answer: None,
        covered: None,
        evidence: Evidence::default(),
    };
    Attempt { outcome, delivery }
}

fn wait(reason: WaitReason) -> Outcome {
    Outcome::Wait { reason, sentence: String::new(), not_before: None }
}

fn forbidden() -> Outcome {
    Outcome::NeedsAttention { reason: Attention::Forbidden, status: Some(403), advice: String::new() }
}

/// What surrounds a plan, and what it has begun.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) around: Surroundings,
    pub(super) in_flight_most: usize,
    pub(super) accepts_unseen: bool,
    /// Behind what is read, requests wait until then.
    pub(super) held_until: Option<DateTime<Utc>>,
    /// Requests in the log behind those that are read.
    pub(super) unread: i64,
    pub(super) is_reading: bool,
    pub(super) is_probing: Option<Probes<Position>>,
    /// Batches by their first and last place, in the order in which they were sent.
    pub(super) wire: VecDeque<(i64, i64)>,
    pub(super) sent_to: i64,
    pub(super) read_to: i64,
    /// Last places of batches that are back, in that order.
    pub(super) back: VecDeque<i64>,
    pub(super) acknowledging: Option<BatchResult>,
    pub(super) cursor: i64,
    /// The cursor may not pass this place.
    pub(super) barrier: i64,
    /// When batches were accepted, by their last place.
    pub(super) accepted_at: BTreeMap<i64, Instant>,
    /// Requests that were accepted in order; those that count, and those that are sent again.
    pub(super) accepted: i64,
    pub(super) counted: i64,
    pub(super) given_back: usize,
    pub(super) is_lost: bool,
}

impl World {
    pub(super) fn new(unread: i64, in_flight_most: usize, start: Start) -> Self {
        let now = Instant::now();
        let Start { failures, accepts_unseen, probes_first } = start;
        let health = Health { failures, server_errors: 0 };
        let confirmation = Confirmation::new(accepts_unseen, probes_first);
        let poison = Poison::of(0, Noted::default());
        Self {
            plan: Plan::new(at(0), health, confirmation, poison, in_flight_most),
            around: Surroundings { now, is_crowded: false, may_stay: false, is_stopping: false },
            in_flight_most,
            accepts_unseen,
            held_until: None,
            unread,
            is_reading: false,
            is_probing: None,
            wire: VecDeque::new(),
            sent_to: 0,
            read_to: 0,
            back: VecDeque::new(),
            acknowledging: None,
            cursor: 0,
            barrier: i64::MAX,
            accepted_at: BTreeMap::new(),
            accepted: 0,
            counted: 0,
            given_back: 0,
            is_lost: false,
        }
    }

    pub(super) fn begins(mut self) -> Self {
        self.tell(Event::Looked);
        self
    }

    pub(super) fn tell(&mut self, event: Event) {
        assert!(!self.plan.is_over(), "nothing happens after the end");
        for action in self.plan.step(self.around, event) {
            self.begin(action);
        }
        assert!(self.wire.len() <= self.in_flight_most, "too many on the wire");
        if self.plan.is_over() {
            assert!(self.wire.is_empty() && self.back.is_empty() && !self.is_reading && self.is_probing.is_none());
            assert_eq!(self.given_back, usize::from(!self.is_lost), "the lease is given back once");
        }
    }

    pub(super) fn begin(&mut self, action: Action) {
        assert!(self.given_back == 0, "{action:?} after the lease was given back");
        match action {
            Action::Read => assert!(!std::mem::replace(&mut self.is_reading, true)),
            Action::Probe(probes) => assert!(self.is_probing.replace(probes).is_none()),
            Action::Send(batch, after, _) => {
                assert_eq!(after, at(self.sent_to), "nothing is left out or sent twice");
                self.sent_to = batch.last.unwrap().position;
                self.wire.push_back((after.position + 1, self.sent_to));
            }
            Action::Acknowledge(result) => {
                if result.report.sent().any(|sent| sent.requests > 0) {
                    let last = self.back.pop_front().unwrap();
                    let settled = result.report.settled.map_or(last, |place| place.position);
                    assert!(settled <= last && last - settled < BATCH, "acknowledged in order");
                }
                self.given_back += usize::from(!result.keeps_lease);
                assert!(self.acknowledging.replace(result).is_none(), "one at a time");
            }
        }
    }

    pub(super) fn reads(&mut self, most: i64) {
        self.is_reading = false;
        let read = most.min(self.unread).min(BATCH);
        self.unread -= read;
        let places: Vec<_> = (self.read_to + 1..=self.read_to + read).map(at).collect();
        self.read_to += read;
        let last = places.last().copied();
        let held_until = self.held_until;
        let batch = last.map(|_| Batch { last, has_more: read == BATCH, places, held_until, ..Batch::default() });
        self.tell(Event::Read(batch, Poison::default()));
    }

    /// The oldest batch comes back: all of it accepted, or only so many, and then this.
    pub(super) fn comes_back(&mut self, ending: Ending, accepted: i64) {
        let (first, last) = self.wire.pop_front().unwrap();
        let is_all = matches!(ending, Ending::Settled);
        let until = if is_all { last } else { (first + accepted - 1).min(last - 1) };
        let requests = until - first + 1;
        let answer = ending.outcome().cloned().unwrap_or(Outcome::Delivered);
        let mut report = Report::default();
        report.deliveries.push(sent(1, answer).delivery);
        if requests > 0 {
            report.settle(at(until), usize::try_from(requests).unwrap());
            if self.barrier == i64::MAX {
                self.accepted += requests;
                self.accepted_at.insert(until, self.around.now);
            }
        }
        if !is_all {
            self.barrier = self.barrier.min(until);
        }
        self.back.push_back(last);
        let begun = self.around.now;
        self.tell(Event::Arrived(report.end(ending, Some(at(last))), begun));
    }

    pub(super) fn is_probed(&mut self, kind: u8) {
        let probes = self.is_probing.take().unwrap();
        self.tell(match kind % 4 {
            0 => Event::NotPassed(Report::of_probe(Some(sent(0, forbidden())))),
            1 => Event::NotPassed(Report::of_probe(None)),
            _ => Event::Passed(probes),
        });
    }

    /// The database takes in a batch.
    pub(super) fn acknowledges(&mut self, lease: LeaseState) {
        let result = self.acknowledging.take().unwrap();
        let lease = if self.is_lost { LeaseState::Lost } else { lease };
        self.is_lost |= lease == LeaseState::Lost;
        if lease == LeaseState::Lost {
            self.given_back = 0;
        } else if let Some(progress) = result.progress {
            self.moves(&result, progress);
        }
        self.tell(Event::Acknowledged(lease));
    }

    pub(super) fn moves(&mut self, result: &BatchResult, progress: Progress<Position>) {
        if progress.again == 0 {
            self.cursor = progress.advance_to.map_or(self.cursor, |place| place.position);
        }
        assert!(self.cursor <= self.barrier, "the cursor passed a batch that waits");
        self.counted += i64::try_from(progress.delivered() + progress.again).unwrap();
        let in_doubt = result.report.ending.outcome().is_some_and(Outcome::casts_doubt);
        if let Some(UpTo { place, .. }) = progress.confirmed
            && self.accepts_unseen
            && !in_doubt
        {
            let waited = self.around.now - self.accepted_at[&place.position];
            assert!(waited >= LOOK_UP, "confirmed after {waited:?}");
        }
    }

    /// Something that may happen now, by these numbers.
    pub(super) fn happens(&mut self, choice: u8, kind: u8) {
        self.around.now += Duration::from_millis([0, 10, 300, 1_100][usize::from(kind % 4)]);
        self.around.may_stay = kind & 16 != 0;
        self.around.is_crowded = kind >= 224;
        match choice % 6 {
            0 if self.is_reading => self.reads(i64::from(kind / 4 % 16)),
            1 if !self.wire.is_empty() => {
                let accepted = i64::from(kind / 16 % 8);
                let ending = match kind / 4 % 16 {
                    0 => Ending::Waiting(wait(WaitReason::RateLimited)),
                    1 => Ending::Waiting(wait(WaitReason::Unavailable)),
                    2 => Ending::Waiting(forbidden()),
                    3 => Ending::Withheld,
                    _ => Ending::Settled,
                };
                self.comes_back(ending, accepted);
            }
            2 if self.acknowledging.is_some() => self.acknowledges(match kind / 4 {
                0 => LeaseState::Lost,
                1 => LeaseState::Outdated,
                2 => LeaseState::Disabled,
                _ => LeaseState::Held,
            }),
            3 if self.is_probing.is_some() => self.is_probed(kind / 4),
            4 => {
                self.unread += 3;
                self.tell(Event::Readable);
            }
            _ => self.tell(Event::Looked),
        }
    }

    /// Everything that was begun ends well, until nothing is left to do.
    pub(super) fn ends(&mut self) {
        for _ in 0..1_000 {
            if self.plan.is_over() {
                return;
            } else if self.is_reading {
                self.reads(BATCH);
            } else if !self.wire.is_empty() {
                self.comes_back(Ending::Settled, 0);
            } else if self.acknowledging.is_some() {
                self.acknowledges(LeaseState::Held);
            } else if self.is_probing.is_some() {
                self.is_probed(2);
            } else {
                let due = self.plan.due(self.around).expect("a plan with nothing to wait for is over");
                self.around.now = self.around.now.max(due);
                self.tell(Event::Looked);
            }
        }
        panic!("it never ends");
    }
}
