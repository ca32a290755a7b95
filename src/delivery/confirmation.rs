//! Provisional acceptances (spec 2.1, facts 1 and 11; spec 4.3, "Confirmed").
//!
//! Some receivers answer 200 to everything while they look up a key, and throw the traces away if the key turns out to be bad. So
//! an acceptance counts only when the receiver accepts again after the look-up. Such a receiver is probed, by requests without
//! traces, before the first batch after a failure, and after each burst. Batches are sent while a burst is being confirmed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Outcome;

/// The time a receiver needs to look up a key.
pub const LOOK_UP: Duration = Duration::from_secs(1);

/// The shortest time for which a receiver remembers a look-up. (Relay: a missing key 60 s, a project 300 s.)
const MEMORY: Duration = Duration::from_secs(1);

/// Pauses before each of the probes that go first after a failure.
const PROBES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(750)];

/// Pauses before each of the probes that confirm. Two, because the first one may only start a new look-up.
const CONFIRMATION: [Duration; 2] = [Duration::ZERO, Duration::from_millis(250)];

/// What is known of a receiver's acceptances. `P` is a place in the log.
#[derive(Debug, Clone)]
pub struct Confirmation<P> {
    /// Whether the receiver may accept before it knows. If not, what it accepts counts at once.
    accepts_unseen: bool,
    /// Whether probes must pass before batches are sent to a receiver that accepts unseen.
    probes_first: bool,
    /// Acceptances that are not confirmed yet, in the order of the log.
    unconfirmed: VecDeque<Accepted<P>>,
    /// When probes last passed: by then the look-up was done.
    knows_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Accepted<P> {
    begun: Instant,
    at: Instant,
    until: P,
    requests: usize,
}

/// Completed requests up to a place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpTo<P> {
    /// The last one's place.
    pub place: P,
    pub requests: usize,
}

/// Some probes, sent one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probes<P> {
    pub pauses: &'static [Duration],
    /// If they pass, everything up to here is confirmed.
    pub confirm: Option<P>,
}

/// How far an answer, or passed probes, bring a destination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress<P> {
    /// The cursor's new place. None: it stays.
    pub advance_to: Option<P>,
    /// Requests that were accepted. They count once they are confirmed.
    pub accepted: usize,
    /// Requests that count now: all up to this place that were accepted.
    pub confirmed: Option<UpTo<P>>,
    /// Accepted requests that have to be sent again. If there are any, the cursor goes back to the last confirmed place.
    pub again: usize,
}

impl<P> Progress<P> {
    /// Requests that count as delivered now.
    pub fn delivered(&self) -> usize {
        self.confirmed.as_ref().map_or(0, |confirmed| confirmed.requests)
    }
}

/// What is to be done about unconfirmed requests after the receiver has refused one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Doubt<P> {
    /// Requests that count all the same.
    confirmed: Option<UpTo<P>>,
    /// How many have to be sent again.
    again: usize,
}

impl<P: Copy + PartialOrd> Confirmation<P> {
    /// Nothing was accepted yet.
    pub fn new(accepts_unseen: bool, probes_first: bool) -> Self {
        Self { accepts_unseen, probes_first, unconfirmed: VecDeque::new(), knows_since: None }
    }

    /// Whether the next requests carry nothing, if the receiver accepts unseen.
    pub fn probes_first(&self) -> bool {
        self.probes_first
    }

    /// Whether batches may be sent.
    pub fn is_open(&self) -> bool {
        !(self.accepts_unseen && self.probes_first)
    }

    /// When probes are due, unless a batch confirms before. None: nothing is unconfirmed, or nothing may be sent before probes have
    /// passed.
    pub fn due(&self) -> Option<Instant> {
        self.unconfirmed.back().map(|last| last.at + LOOK_UP).filter(|_| self.is_open())
    }

    /// The probes that are due. `is_quiet`: no batch is on the wire; an accepted batch would confirm as well.
    pub fn probes(&self, is_quiet: bool, now: Instant) -> Option<Probes<P>> {
        let confirm = self.unconfirmed.back().map(|last| last.until);
        if !self.is_open() {
            return Some(Probes { pauses: &PROBES, confirm });
        }
        let is_due = is_quiet && self.due().is_some_and(|due| due <= now);
        is_due.then_some(Probes { pauses: &CONFIRMATION, confirm })
    }

    /// Takes in what was accepted at `at` by a request that was begun at `begun`.
    pub fn accept(&mut self, (begun, at): (Instant, Instant), requests: UpTo<P>) {
        let UpTo { place, requests } = requests;
        self.unconfirmed.push_back(Accepted { begun, at, until: place, requests });
    }

    /// Takes in a batch that was sent from `begun` to `now`: what of it is settled and how many requests of that were accepted, and
    /// the answer that keeps the rest waiting.
    pub fn take_in(
        &mut self,
        settled: Option<UpTo<P>>,
        failure: Option<&Outcome>,
        (begun, now): (Instant, Instant),
    ) -> Progress<P> {
        self.probes_first |= failure.is_some_and(Outcome::needs_probes);
        let accepted = settled.filter(|settled| settled.requests > 0);
        let mut progress = Progress {
            advance_to: settled.map(|settled| settled.place),
            accepted: accepted.map_or(0, |accepted| accepted.requests),
            confirmed: accepted,
            again: 0,
        };
        if !self.accepts_unseen {
            return progress;
        }
        if let Some(accepted) = accepted {
            progress.confirmed = self.confirm_by(begun);
            self.accept((begun, now), accepted);
        }
        match failure.filter(|failure| failure.casts_doubt()) {
            Some(failure) => self.fall_back(progress, failure.is_quota()),
            None => progress,
        }
    }

    fn fall_back(&mut self, progress: Progress<P>, is_quota: bool) -> Progress<P> {
        let Doubt { confirmed, again } = self.doubt(is_quota);
        let by_batch = progress.delivered();
        let confirmed = confirmed.map(|up_to| UpTo { requests: up_to.requests + by_batch, ..up_to });
        let progress = Progress { confirmed: confirmed.or(progress.confirmed), again, ..progress };
        if again > 0 { Progress { advance_to: None, accepted: 0, ..progress } } else { progress }
    }

    /// Takes in that probes passed.
    pub fn has_passed(&mut self, probes: Probes<P>, now: Instant) -> Progress<P> {
        self.probes_first = false;
        self.knows_since = Some(now);
        let confirmed = probes.confirm.and_then(|place| self.confirm_until(place));
        Progress { advance_to: None, accepted: 0, confirmed, again: 0 }
    }

    /// A request that was begun at `begun` is accepted: what it confirms, if anything.
    ///
    /// After a silence it confirms nothing: the receiver may have forgotten the key, and accepts this request provisionally, too.
    fn confirm_by(&mut self, begun: Instant) -> Option<UpTo<P>> {
        let is_remembered = self.unconfirmed.back().is_some_and(|last| begun < last.at + MEMORY);
        if is_remembered { self.take_while(|accepted| accepted.at + LOOK_UP <= begun) } else { None }
    }

    /// Confirms everything up to `place`.
    fn confirm_until(&mut self, place: P) -> Option<UpTo<P>> {
        self.take_while(|accepted| accepted.until <= place)
    }

    /// The receiver refuses everything: what is unconfirmed may be lost.
    ///
    /// `is_quota`: the reason is a used-up quota. Then what was accepted right after passed probes counts all the same. Otherwise a
    /// quota that is used up within a second would make us send the same requests for ever.
    fn doubt(&mut self, is_quota: bool) -> Doubt<P> {
        let known = self.knows_since.filter(|_| is_quota);
        let confirmed = known
            .and_then(|since| self.take_while(|accepted| since <= accepted.begun && accepted.begun < since + MEMORY));
        let again = self.unconfirmed.drain(..).map(|accepted| accepted.requests).sum();
        self.knows_since = None;
        Doubt { confirmed, again }
    }

    fn take_while(&mut self, is_confirmed: impl Fn(&Accepted<P>) -> bool) -> Option<UpTo<P>> {
        let mut taken: Option<UpTo<P>> = None;
        while let Some(accepted) = self.unconfirmed.pop_front_if(|accepted| is_confirmed(accepted)) {
            let before = taken.map_or(0, |taken| taken.requests);
            taken = Some(UpTo { place: accepted.until, requests: before + accepted.requests });
        }
        taken
    }
}

#[cfg(test)]
mod tests;
