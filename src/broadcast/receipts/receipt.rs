//! What became of one request at one destination. Pure: computed from what the log, its cursors and the attempts say (spec 9.2).

use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::delivery::Outcome;
use crate::destination::selection;
use crate::store::log::NamedEntry;
use crate::store::receipts::{Attempt, DeadLetter, Trail};

/// The state of a request at a destination.
#[derive(Debug, Clone)]
pub enum Receipt {
    /// The receiver accepted it.
    Delivered {
        attempt: Attempt,
        /// False: the receiver accepts before it knows, and nothing has shown yet that it kept it.
        is_confirmed: bool,
    },
    /// It is sent as soon as those before it are.
    Waiting {
        /// When it was recorded.
        since: DateTime<Utc>,
        /// When the log lets go of it.
        expires: DateTime<Utc>,
    },
    /// It is not sent.
    LeftOut {
        reason: Reason,
        /// The destination's settings by which it was judged. None: they do not matter.
        revision: Option<i32>,
    },
    /// No further attempt is made for it.
    DeadLetter(DeadLetter),
    /// The log of attempts of that time is gone, or another version wrote what would have to be judged.
    Unknown,
}

/// Why a request is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Broadcast was off when it completed.
    BroadcastOff,
    /// The destination did not exist yet.
    BeforeDestination {
        /// When it began to receive.
        since: DateTime<Utc>,
    },
    /// It completed longer ago than the receiver accepts.
    TooOld { oldest: Duration },
    /// By the rules that the destination had.
    Rules(selection::LeftOut),
}

impl Receipt {
    /// The name of the state, for the API and for marks.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delivered { attempt, .. } if is_in_part(attempt) => "delivered_in_part",
            Self::Delivered { .. } => "delivered",
            Self::Waiting { .. } => "waiting",
            Self::LeftOut { .. } => "left_out",
            Self::DeadLetter(_) => "dead_letter",
            Self::Unknown => "unknown",
        }
    }

    /// What a trail says without judging by rules. None: its attempt left entries out by rules, and this request may be one of them.
    pub(super) fn of(entry: &NamedEntry, trail: &Trail, oldest: Option<Duration>, retention: Duration) -> Option<Self> {
        let reason = |reason| Some(Self::LeftOut { reason, revision: None });
        let attempt = match (&trail.attempt, &trail.dead_letter) {
            _ if !entry.broadcast => return reason(Reason::BroadcastOff),
            // A dead letter that a replay has delivered since is none any more.
            (Some(attempt), Some(letter)) if attempt.is_accepted() && attempt.started_at > letter.created_at => attempt,
            (_, Some(letter)) => return Some(Self::DeadLetter(letter.clone())),
            (Some(attempt), None) => attempt,
            (None, None) if entry.completed_at < trail.since => {
                return reason(Reason::BeforeDestination { since: trail.since });
            }
            (None, None) if trail.is_passed => return Some(Self::Unknown),
            (None, None) => return Some(waiting(entry, retention)),
        };
        if entry.completed_at < attempt.since {
            return reason(Reason::BeforeDestination { since: attempt.since });
        }
        if let Some(oldest) = oldest.filter(|_| attempt.left_out.too_old > 0)
            && entry.completed_at < attempt.started_at - oldest
        {
            return reason(Reason::TooOld { oldest });
        }
        let by_rules =
            attempt.left_out.key + attempt.left_out.rule + attempt.left_out.sampling + attempt.left_out.budget;
        (by_rules == 0).then(|| Self::settled(trail, attempt))
    }

    /// What a trail says of a request that the rules of its attempt let pass. Of an attempt that reached the budget of the day, nobody
    /// knows which requests were sent.
    pub(super) fn settled(trail: &Trail, attempt: &Attempt) -> Self {
        let is_beyond = attempt.left_out.budget > 0;
        if is_beyond && !attempt.is_accepted() {
            let reason = Reason::Rules(selection::LeftOut::Budget);
            Self::LeftOut { reason, revision: Some(attempt.revision) }
        } else if attempt.is_accepted() && !is_beyond {
            let is_confirmed = trail.is_confirmed || !trail.is_passed;
            Self::Delivered { attempt: attempt.clone(), is_confirmed }
        } else {
            Self::Unknown
        }
    }
}

/// Whether the receiver said that it took only a part.
pub fn is_in_part(attempt: &Attempt) -> bool {
    let in_part = Outcome::DeliveredInPart { rejected: 0, message: String::new() };
    attempt.outcome == in_part.name()
}

fn waiting(entry: &NamedEntry, retention: Duration) -> Receipt {
    Receipt::Waiting { since: entry.recorded_at, expires: expires(entry.recorded_at, retention) }
}

/// When the log lets go of what was recorded then: it does so by the day.
fn expires(recorded_at: DateTime<Utc>, retention: Duration) -> DateTime<Utc> {
    let next_day = recorded_at.date_naive().and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1);
    TimeDelta::from_std(retention).ok().and_then(|retention| next_day.checked_add_signed(retention)).unwrap_or(next_day)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::delivery::DeadLetterReason;
    use crate::id::{DeliveryId, DestinationId};
    use crate::store::deliveries::LeftOut;
    use crate::store::xid::Xid;

    const WEEK: Duration = Duration::from_hours(24 * 7);

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    /// It completed in the tenth minute.
    fn entry() -> NamedEntry {
        let (recorded_at, completed_at) = (at(10), at(10));
        let generation_id = "gen-1-a".to_owned();
        NamedEntry { generation_id, xid: Xid(7), position: 1, recorded_at, completed_at, broadcast: true }
    }

    fn attempt(outcome: &str) -> Attempt {
        Attempt {
            id: DeliveryId(Uuid::nil()),
            started_at: at(11),
            duration_ms: 40,
            requests: 1,
            outcome: outcome.to_owned(),
            status: Some(200),
            answer: None,
            number: 1,
            revision: 3,
            private: false,
            encoder: 2,
            left_out: LeftOut::default(),
            since: at(0),
        }
    }

    /// At a destination that began in the first minute, and whose cursor has passed the request.
    fn trail(attempt: Option<Attempt>) -> Trail {
        Trail {
            entry: 0,
            destination: DestinationId(Uuid::nil()),
            kind: "sentry".to_owned(),
            since: at(0),
            is_passed: true,
            is_confirmed: true,
            attempt,
            dead_letter: None,
        }
    }

    fn name(entry: &NamedEntry, trail: &Trail) -> Option<&'static str> {
        Receipt::of(entry, trail, Some(Duration::from_hours(1)), WEEK).map(|receipt| receipt.name())
    }

    #[test]
    fn receipt_of_an_accepted_attempt_is_delivered_wholly_or_in_part() {
        assert_eq!(name(&entry(), &trail(Some(attempt("delivered")))), Some("delivered"));
        assert_eq!(name(&entry(), &trail(Some(attempt("delivered_in_part")))), Some("delivered_in_part"));
    }

    #[test]
    fn receipt_is_waiting_before_the_cursor_and_unknown_behind_it_without_an_attempt() {
        let waiting = Trail { is_passed: false, ..trail(None) };
        let Some(Receipt::Waiting { since, expires }) = Receipt::of(&entry(), &waiting, None, WEEK) else {
            panic!("it does not wait");
        };
        assert_eq!((since, expires), (at(10), at(8 * 24 * 60)));
        assert_eq!(name(&entry(), &trail(None)), Some("unknown"));
    }

    #[test]
    fn receipt_of_what_completed_while_broadcast_was_off_says_so_whatever_else_there_is() {
        let off = NamedEntry { broadcast: false, ..entry() };
        for trail in [trail(None), trail(Some(attempt("delivered")))] {
            let receipt = Receipt::of(&off, &trail, None, WEEK);
            assert!(matches!(receipt, Some(Receipt::LeftOut { reason: Reason::BroadcastOff, revision: None })));
        }
    }

    #[test]
    fn receipt_of_a_younger_destination_says_that_it_was_not_meant_for_it() {
        let younger = Trail { since: at(11), is_passed: false, ..trail(None) };
        let mixed = Trail { since: at(11), ..trail(Some(Attempt { since: at(11), ..attempt("left_out") })) };
        for trail in [younger, mixed] {
            let receipt = Receipt::of(&entry(), &trail, None, WEEK);
            assert!(matches!(receipt, Some(Receipt::LeftOut { reason: Reason::BeforeDestination { .. }, .. })));
        }
    }

    #[test]
    fn receipt_says_too_old_only_where_the_attempt_left_such_out() {
        let late = |too_old| {
            let left_out = LeftOut { too_old, ..LeftOut::default() };
            trail(Some(Attempt { started_at: at(71), left_out, ..attempt("delivered") }))
        };
        assert_eq!((name(&entry(), &late(1)), name(&entry(), &late(0))), (Some("left_out"), Some("delivered")));
    }

    #[test]
    fn receipt_needs_judging_only_where_rules_left_something_out() {
        let left_out = LeftOut { sampling: 1, ..LeftOut::default() };
        let mixed = trail(Some(Attempt { left_out, ..attempt("delivered") }));
        assert_eq!(name(&entry(), &mixed), None);
        let settled = |trail: &Trail| Receipt::settled(trail, trail.attempt.as_ref().unwrap()).name();
        assert_eq!(settled(&mixed), "delivered");
        for outcome in ["left_out", "refused"] {
            assert_eq!(settled(&trail(Some(attempt(outcome)))), "unknown");
        }
    }

    #[test]
    fn receipt_of_a_dead_letter_is_one_until_a_replay_delivers_it() {
        let letter = |minutes| DeadLetter {
            reason: DeadLetterReason::Refused,
            status: Some(400),
            answer: None,
            created_at: at(minutes),
        };
        let with = |letter, attempt| Trail { dead_letter: Some(letter), ..trail(attempt) };
        assert_eq!(name(&entry(), &with(letter(12), None)), Some("dead_letter"));
        assert_eq!(name(&entry(), &with(letter(12), Some(attempt("left_out")))), Some("dead_letter"));
        assert_eq!(name(&entry(), &with(letter(10), Some(attempt("delivered")))), Some("delivered"));
    }
}
