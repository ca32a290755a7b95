//! Confirmation (spec 4.3): what a turn's accepted batches count, and when its receiver is probed. Pure.
//!
//! Some receivers accept before they have looked up whether they may. Such a receiver is probed before the first batch after a
//! failure, and after each burst. Batches are sent while a burst is being confirmed.

use std::time::{Duration, Instant};

use super::report::Report;
use crate::delivery::Outcome;
use crate::delivery::confirmation::{CONFIRMATION, Doubt, PROBES, Unconfirmed, UpTo};
use crate::store::cursors::{Lease, Progress};
use crate::store::log::Position;

/// What a turn knows of its receiver.
#[derive(Debug)]
pub(super) struct Confirming {
    /// Whether the receiver may accept before it knows. If not, what it accepts counts at once.
    accepts_unseen: bool,
    /// Whether probes must pass before batches are sent.
    probes_first: bool,
    unconfirmed: Unconfirmed<Position>,
}

/// Some probes, sent one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probes {
    pub(super) pauses: &'static [Duration],
    /// If they pass, everything up to here is confirmed.
    pub(super) confirm: Option<Position>,
}

impl Confirming {
    /// Nothing was accepted yet.
    pub(super) fn new(accepts_unseen: bool, probes_first: bool) -> Self {
        Self { accepts_unseen, probes_first: accepts_unseen && probes_first, unconfirmed: Unconfirmed::none() }
    }

    /// As the lease says.
    pub(super) fn of(lease: &Lease, accepts_unseen: bool, now: Instant) -> Self {
        let mut confirming = Self::new(accepts_unseen, lease.probes_first);
        if let (Ok(requests @ 1..), Some(seconds)) = (usize::try_from(lease.unconfirmed), lease.accepted_seconds_ago) {
            let age = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            let at = now.checked_sub(age).unwrap_or(now);
            confirming.unconfirmed.accept((at, at), UpTo { place: lease.place(), requests });
        }
        confirming
    }

    /// Whether batches may be sent.
    pub(super) fn is_open(&self) -> bool {
        !self.probes_first
    }

    /// When accepted batches are to be confirmed. None: none are, or nothing may be sent before the probes have passed.
    pub(super) fn due(&self) -> Option<Instant> {
        self.unconfirmed.due().filter(|_| self.is_open())
    }

    /// The probes that are due. `is_quiet`: no batch is on the wire; an accepted batch would confirm as well.
    pub(super) fn probes(&self, is_quiet: bool, now: Instant) -> Option<Probes> {
        let confirm = self.unconfirmed.last();
        if self.probes_first {
            return Some(Probes { pauses: &PROBES, confirm });
        }
        let is_due = is_quiet && self.due().is_some_and(|due| due <= now);
        is_due.then_some(Probes { pauses: &CONFIRMATION, confirm })
    }

    /// Takes in a batch that was sent from `begun` to `now`. Says how far it brings the destination, and how many requests that were
    /// accepted have to be sent again.
    pub(super) fn take_in(&mut self, report: &Report, (begun, now): (Instant, Instant)) -> (Progress, usize) {
        let accepted = count(report.accepted);
        let advance_to = report.settled;
        let of_batch = report.settled.filter(|_| report.accepted > 0);
        if !self.accepts_unseen {
            let confirmed = of_batch.map(|place| (place, accepted));
            return (Progress { advance_to, accepted, confirmed, falls_back: false }, 0);
        }
        let confirmed = of_batch.and_then(|place| {
            let confirmed = self.unconfirmed.confirm_by(begun);
            self.unconfirmed.accept((begun, now), UpTo { place, requests: report.accepted });
            confirmed
        });
        let progress = Progress { advance_to, accepted, confirmed: confirmed.map(place_and_count), falls_back: false };
        match report.ending.outcome().filter(|outcome| outcome.casts_doubt()) {
            Some(outcome) => self.fall_back(progress, outcome),
            None => (progress, 0),
        }
    }

    fn fall_back(&mut self, progress: Progress, outcome: &Outcome) -> (Progress, usize) {
        let Doubt { confirmed, again } = self.unconfirmed.doubt(outcome.is_quota());
        let by_batch = progress.confirmed.map_or(0, |(_, requests)| requests);
        let confirmed = match confirmed.map(place_and_count) {
            Some((place, requests)) => Some((place, requests + by_batch)),
            None => progress.confirmed,
        };
        let falls_back = again > 0;
        let accepted = if falls_back { 0 } else { progress.accepted };
        let advance_to = progress.advance_to.filter(|_| !falls_back);
        (Progress { advance_to, accepted, confirmed, falls_back }, again)
    }

    /// Takes in that probes passed. Says how far that brings the destination.
    pub(super) fn has_passed(&mut self, probes: Probes, now: Instant) -> Progress {
        self.probes_first = false;
        self.unconfirmed.knows(now);
        let confirmed = probes.confirm.and_then(|place| self.unconfirmed.confirm_until(place));
        Progress { confirmed: confirmed.map(place_and_count), ..Progress::default() }
    }
}

fn place_and_count(up_to: UpTo<Position>) -> (Position, i64) {
    (up_to.place, count(up_to.requests))
}

fn count(requests: usize) -> i64 {
    i64::try_from(requests).unwrap_or(i64::MAX)
}
