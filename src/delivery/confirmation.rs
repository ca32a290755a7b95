//! Acceptances that may yet turn out to be none (spec 2.1, facts 1 and 11; spec 4.3, "Confirmed").
//!
//! Some receivers accept whatever comes while they look up whether they may, and throw it away when they learn that they may
//! not. What such a receiver accepts counts only when it accepts again later, when it must know.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A receiver has looked up what it needs to know by then.
pub const LOOK_UP: Duration = Duration::from_secs(1);

/// A receiver remembers for at least this long what it looked up. (Relay: a missing key 60 s, a project 300 s.)
const MEMORY: Duration = Duration::from_secs(1);

/// Pauses before each of the requests without content that show whether a receiver takes any, after it took none.
pub const PROBES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(750)];

/// The same for confirming what it accepted: should it have forgotten all, it looks up at the first and knows at the second.
pub const CONFIRMATION: [Duration; 2] = [Duration::ZERO, Duration::from_millis(250)];

/// What a receiver accepted, and did not confirm yet. `P` is a place in the log.
#[derive(Debug, Clone)]
pub struct Unconfirmed<P> {
    /// In the order of the log.
    accepted: VecDeque<Accepted<P>>,
    /// Since then the receiver is known to know: it accepted several requests in a row.
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
    /// How many they are.
    pub requests: usize,
}

/// What is to be done about unconfirmed requests after the receiver has refused one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt<P> {
    /// Those that count all the same.
    pub confirmed: Option<UpTo<P>>,
    /// How many have to be sent again.
    pub again: usize,
}

impl<P: Copy + PartialOrd> Unconfirmed<P> {
    /// Nothing.
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
    /// It confirms nothing after a silence in which the receiver may have forgotten everything: then it, too, may have been
    /// accepted unseen.
    pub fn confirm_by(&mut self, begun: Instant) -> Option<UpTo<P>> {
        let is_remembered = self.accepted.back().is_some_and(|last| begun < last.at + MEMORY);
        if is_remembered { self.take_while(|accepted| accepted.at + LOOK_UP <= begun) } else { None }
    }

    /// When requests without content have to confirm what was accepted last, unless others do until then.
    pub fn due(&self) -> Option<Instant> {
        self.accepted.back().map(|last| last.at + LOOK_UP)
    }

    /// The last place that requests without content confirm, if they begin now.
    pub fn last(&self) -> Option<P> {
        self.accepted.back().map(|last| last.until)
    }

    /// Requests without content were accepted in a row until now.
    pub fn knows(&mut self, now: Instant) {
        self.knows_since = Some(now);
    }

    /// They confirm everything up to `place`.
    pub fn confirm_until(&mut self, place: P) -> Option<UpTo<P>> {
        self.take_while(|accepted| accepted.until <= place)
    }

    /// The receiver refuses everything. It may not have known so when it accepted what is unconfirmed.
    ///
    /// `is_quota`: it refuses because a quota is used up. What it accepted right after it was known to know counts then; otherwise
    /// a receiver that takes less in a second than there is would be sent the same for ever.
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
