//! Provisional acceptances (spec 2.1, facts 1 and 11; spec 4.3, "Confirmed").
//!
//! Some receivers answer 200 to everything while they look up a key, and throw the traces away if the key turns out to be bad. So
//! an acceptance counts only when the receiver accepts again after the look-up. A probe is a request without traces.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The time a receiver needs to look up a key.
pub const LOOK_UP: Duration = Duration::from_secs(1);

/// The shortest time for which a receiver remembers a look-up. (Relay: a missing key 60 s, a project 300 s.)
const MEMORY: Duration = Duration::from_secs(1);

/// Pauses before each of the probes that go first after a failure.
pub const PROBES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(750)];

/// Pauses before each of the probes that confirm. Two, because the first one may only start a new look-up.
pub const CONFIRMATION: [Duration; 2] = [Duration::ZERO, Duration::from_millis(250)];

/// Acceptances that the receiver has not confirmed yet. `P` is a place in the log.
#[derive(Debug, Clone)]
pub struct Unconfirmed<P> {
    /// In the order of the log.
    accepted: VecDeque<Accepted<P>>,
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

/// What is to be done about unconfirmed requests after the receiver has refused one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt<P> {
    /// Requests that count all the same.
    pub confirmed: Option<UpTo<P>>,
    /// How many have to be sent again.
    pub again: usize,
}

impl<P: Copy + PartialOrd> Unconfirmed<P> {
    pub fn none() -> Self {
        Self { accepted: VecDeque::new(), knows_since: None }
    }

    /// Whether everything is confirmed.
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty()
    }

    /// Takes in what was accepted at `at` by a request that was begun at `begun`.
    pub fn accept(&mut self, (begun, at): (Instant, Instant), requests: UpTo<P>) {
        let UpTo { place, requests } = requests;
        self.accepted.push_back(Accepted { begun, at, until: place, requests });
    }

    /// A request that was begun at `begun` is accepted: what it confirms, if anything.
    ///
    /// After a silence it confirms nothing: the receiver may have forgotten the key, and accepts this request provisionally, too.
    pub fn confirm_by(&mut self, begun: Instant) -> Option<UpTo<P>> {
        let is_remembered = self.accepted.back().is_some_and(|last| begun < last.at + MEMORY);
        if is_remembered { self.take_while(|accepted| accepted.at + LOOK_UP <= begun) } else { None }
    }

    /// When probes are due, unless a batch confirms before.
    pub fn due(&self) -> Option<Instant> {
        self.accepted.back().map(|last| last.at + LOOK_UP)
    }

    /// The place up to which probes that begin now confirm.
    pub fn last(&self) -> Option<P> {
        self.accepted.back().map(|last| last.until)
    }

    /// Notes that probes passed at `now`.
    pub fn knows(&mut self, now: Instant) {
        self.knows_since = Some(now);
    }

    /// Confirms everything up to `place`.
    pub fn confirm_until(&mut self, place: P) -> Option<UpTo<P>> {
        self.take_while(|accepted| accepted.until <= place)
    }

    /// The receiver refuses everything: what is unconfirmed may be lost.
    ///
    /// `is_quota`: the reason is a used-up quota. Then what was accepted right after passed probes counts all the same. Otherwise a
    /// quota that is used up within a second would make us send the same requests for ever.
    pub fn doubt(&mut self, is_quota: bool) -> Doubt<P> {
        let known = self.knows_since.filter(|_| is_quota);
        let confirmed = known
            .and_then(|since| self.take_while(|accepted| since <= accepted.begun && accepted.begun < since + MEMORY));
        let again = self.accepted.drain(..).map(|accepted| accepted.requests).sum();
        self.knows_since = None;
        Doubt { confirmed, again }
    }

    fn take_while(&mut self, is_confirmed: impl Fn(&Accepted<P>) -> bool) -> Option<UpTo<P>> {
        let mut taken: Option<UpTo<P>> = None;
        while let Some(accepted) = self.accepted.pop_front_if(|accepted| is_confirmed(accepted)) {
            let before = taken.map_or(0, |taken| taken.requests);
            taken = Some(UpTo { place: accepted.until, requests: before + accepted.requests });
        }
        taken
    }
}

#[cfg(test)]
mod tests;
