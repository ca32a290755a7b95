//! What became of one request at one destination. Pure: computed from what the log, its cursors and the attempts say (spec 9.2).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::delivery::Outcome;
use crate::destination::selection;
use crate::id::DeliveryId;
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
        /// The budget of the day is used up, and it is not sent before.
        held_until: Option<DateTime<Utc>>,
    },
    /// It is not sent.
    LeftOut {
        reason: Reason,
        /// The destination's settings by which it was judged. None: they do not matter.
        revision: Option<i32>,
    },
    /// No further attempt is made for it.
    DeadLetter(DeadLetter),
    /// The log let go of it before it was sent.
    Expired {
        /// When it was recorded.
        since: DateTime<Utc>,
        at: DateTime<Utc>,
    },
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
            Self::Expired { .. } => "expired",
            Self::Unknown => "unknown",
        }
    }

    /// What became of the request. `judged` says whether the rules of an attempt keep it; of attempts that it does not name, they do.
    ///
    /// A request was delivered if any attempt delivered it: one that a replay's rules left out later is still at the receiver.
    pub(super) fn of(entry: &NamedEntry, trail: &Trail, terms: Terms, judged: &Judged) -> Self {
        if !entry.broadcast {
            return Self::LeftOut { reason: Reason::BroadcastOff, revision: None };
        }
        let mut reasons = Vec::new();
        for attempt in &trail.attempts {
            match said(entry, attempt, terms, judged.get(&(trail.entry, attempt.id)).copied().unwrap_or(Some(Ok(())))) {
                Said::Delivered if is_newer(attempt, trail) => return delivered(attempt, trail),
                Said::LeftOut(reason) => reasons.push((reason, attempt.revision)),
                Said::Delivered | Said::Nothing => {}
            }
        }
        if let Some(letter) = &trail.dead_letter {
            return Self::DeadLetter(letter.clone());
        }
        if let Some(at) = trail.expired_at {
            return Self::Expired { since: entry.recorded_at, at };
        }
        if let Some((reason, revision)) = reasons.into_iter().next() {
            let revision = matches!(reason, Reason::Rules(_)).then_some(revision);
            return Self::LeftOut { reason, revision };
        }
        if entry.completed_at < trail.since {
            return Self::LeftOut { reason: Reason::BeforeDestination { since: trail.since }, revision: None };
        }
        if trail.is_passed { Self::Unknown } else { waiting(entry, trail, terms.retention) }
    }
}

/// What receipts need to know beside a request's trail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// The receiver takes no request that completed longer ago. None: it takes requests of any age.
    pub(super) oldest: Option<Duration>,
    /// How long the log keeps requests.
    pub(super) retention: Duration,
}

/// Whether the rules of an attempt keep a request, which is named by its number. None: this version can read the request or the rules
/// no more.
pub(super) type Judged = BTreeMap<(usize, DeliveryId), Option<Result<(), selection::LeftOut>>>;

/// What one attempt says of a request that it covers.
enum Said {
    Delivered,
    LeftOut(Reason),
    /// It was refused, or nobody knows.
    Nothing,
}

/// The attempts whose rules have to be asked. None where one has delivered the request in any case.
pub(super) fn open<'t>(entry: &NamedEntry, trail: &'t Trail, terms: Terms) -> Vec<&'t Attempt> {
    let is_open = |attempt: &Attempt| attempt.left_out.key + attempt.left_out.rule + attempt.left_out.sampling > 0;
    let (open, sure): (Vec<_>, Vec<_>) = trail.attempts.iter().partition(|attempt| is_open(attempt));
    let is_delivered = |attempt: &&Attempt| {
        is_newer(attempt, trail) && matches!(said(entry, attempt, terms, Some(Ok(()))), Said::Delivered)
    };
    if entry.broadcast && !sure.iter().any(is_delivered) { open } else { Vec::new() }
}

/// Whether an attempt says more than the dead letter that there is: a replay may have delivered it since.
fn is_newer(attempt: &Attempt, trail: &Trail) -> bool {
    trail.dead_letter.as_ref().is_none_or(|letter| attempt.started_at > letter.created_at)
}

fn said(entry: &NamedEntry, attempt: &Attempt, terms: Terms, kept: Option<Result<(), selection::LeftOut>>) -> Said {
    if entry.completed_at < attempt.since {
        return Said::LeftOut(Reason::BeforeDestination { since: attempt.since });
    }
    if let Some(oldest) = terms.oldest.filter(|_| attempt.left_out.too_old > 0)
        && entry.completed_at < attempt.started_at - oldest
    {
        return Said::LeftOut(Reason::TooOld { oldest });
    }
    match (kept, attempt.is_accepted(), attempt.is_beyond_budget(entry.place())) {
        (Some(Err(reason)), ..) => Said::LeftOut(Reason::Rules(reason)),
        (Some(Ok(())), _, Some(true)) => Said::LeftOut(Reason::Rules(selection::LeftOut::Budget)),
        (Some(Ok(())), true, Some(false)) => Said::Delivered,
        _ => Said::Nothing,
    }
}

fn delivered(attempt: &Attempt, trail: &Trail) -> Receipt {
    Receipt::Delivered { attempt: attempt.clone(), is_confirmed: trail.is_confirmed || !trail.is_passed }
}

/// Whether the receiver said that it took only a part.
pub fn is_in_part(attempt: &Attempt) -> bool {
    let in_part = Outcome::DeliveredInPart { rejected: 0, message: String::new() };
    attempt.outcome == in_part.name()
}

fn waiting(entry: &NamedEntry, trail: &Trail, retention: Duration) -> Receipt {
    let (since, held_until) = (entry.recorded_at, trail.held_until);
    Receipt::Waiting { since, expires: expires(since, retention), held_until }
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
    use crate::id::DestinationId;
    use crate::store::deliveries::LeftOut;
    use crate::store::log::Position;
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
    fn trail(attempts: Vec<Attempt>) -> Trail {
        Trail {
            entry: 0,
            destination: DestinationId(Uuid::nil()),
            kind: "sentry".to_owned(),
            since: at(0),
            is_passed: true,
            is_confirmed: true,
            held_until: None,
            expired_at: None,
            attempts,
            dead_letter: None,
        }
    }

    const TERMS: Terms = Terms { oldest: Some(Duration::from_hours(1)), retention: WEEK };

    fn receipt(entry: &NamedEntry, trail: &Trail) -> Receipt {
        Receipt::of(entry, trail, TERMS, &Judged::new())
    }

    fn name(trail: &Trail) -> &'static str {
        receipt(&entry(), trail).name()
    }

    #[test]
    fn receipt_of_an_accepted_attempt_is_delivered_wholly_or_in_part() {
        assert_eq!(name(&trail(vec![attempt("delivered")])), "delivered");
        assert_eq!(name(&trail(vec![attempt("delivered_in_part")])), "delivered_in_part");
    }

    #[test]
    fn receipt_is_waiting_before_the_cursor_and_unknown_behind_it_without_an_attempt() {
        let waiting = Trail { is_passed: false, held_until: Some(at(99)), ..trail(vec![]) };
        let Receipt::Waiting { since, expires, held_until } = receipt(&entry(), &waiting) else {
            panic!("it does not wait");
        };
        assert_eq!((since, expires, held_until), (at(10), at(8 * 24 * 60), Some(at(99))));
        assert_eq!(name(&trail(vec![])), "unknown");
    }

    #[test]
    fn receipt_of_what_completed_while_broadcast_was_off_says_so_whatever_else_there_is() {
        let off = NamedEntry { broadcast: false, ..entry() };
        for trail in [trail(vec![]), trail(vec![attempt("delivered")])] {
            assert!(matches!(receipt(&off, &trail), Receipt::LeftOut { reason: Reason::BroadcastOff, revision: None }));
        }
    }

    #[test]
    fn receipt_of_a_younger_destination_says_that_it_was_not_meant_for_it_until_a_backfill_delivers_it() {
        let younger = Trail { since: at(11), is_passed: false, ..trail(vec![]) };
        let mixed = Trail { since: at(11), ..trail(vec![Attempt { since: at(11), ..attempt("left_out") }]) };
        for trail in [&younger, &mixed] {
            let receipt = receipt(&entry(), trail);
            assert!(matches!(receipt, Receipt::LeftOut { reason: Reason::BeforeDestination { .. }, .. }));
        }
        assert_eq!(name(&Trail { attempts: vec![attempt("delivered")], ..younger }), "delivered");
    }

    #[test]
    fn receipt_says_too_old_only_where_the_attempt_left_such_out() {
        let late = |too_old| {
            let left_out = LeftOut { too_old, ..LeftOut::default() };
            trail(vec![Attempt { started_at: at(71), left_out, ..attempt("delivered") }])
        };
        assert_eq!((name(&late(1)), name(&late(0))), ("left_out", "delivered"));
    }

    #[test]
    fn receipt_needs_judging_only_where_rules_left_something_out_and_nothing_else_delivered_it() {
        let mixed = Attempt { left_out: LeftOut { sampling: 1, ..LeftOut::default() }, ..attempt("delivered") };
        let is_open = |attempts: &[&Attempt]| {
            let trail = trail(attempts.iter().map(|it| (*it).clone()).collect());
            !open(&entry(), &trail, TERMS).is_empty()
        };
        assert!(is_open(&[&mixed]) && is_open(&[&mixed, &attempt("left_out")]));
        assert!(!is_open(&[&mixed, &attempt("delivered")]) && !is_open(&[&attempt("delivered")]));
        let trail = trail(vec![mixed.clone()]);
        let verdict = |kept| Receipt::of(&entry(), &trail, TERMS, &Judged::from([((0, mixed.id), kept)])).name();
        let out = Some(Err(selection::LeftOut::Sampled));
        assert_eq!([verdict(Some(Ok(()))), verdict(out), verdict(None)], ["delivered", "left_out", "unknown"]);
    }

    #[test]
    fn receipt_is_delivered_if_any_attempt_delivered_it_whatever_a_later_replay_left_out() {
        let left_out = LeftOut { rule: 1, ..LeftOut::default() };
        let replay = Attempt { id: DeliveryId(Uuid::max()), left_out, started_at: at(20), ..attempt("delivered") };
        let judged = Judged::from([((0, replay.id), Some(Err(selection::LeftOut::Sampled)))]);
        let both = trail(vec![replay.clone(), attempt("delivered")]);
        assert_eq!(Receipt::of(&entry(), &both, TERMS, &judged).name(), "delivered");
        let alone = Receipt::of(&entry(), &trail(vec![replay]), TERMS, &judged);
        assert!(matches!(alone, Receipt::LeftOut { reason: Reason::Rules(selection::LeftOut::Sampled), .. }));
    }

    #[test]
    fn receipt_of_a_batch_that_reached_the_budget_tells_what_was_sent_from_what_was_not() {
        let reached = |from: i64, outcome| {
            let budget_from = Some(Position { xid: Xid(7), position: from });
            let left_out = LeftOut { budget: 3, budget_from, ..LeftOut::default() };
            trail(vec![Attempt { left_out, ..attempt(outcome) }])
        };
        assert_eq!(name(&reached(2, "delivered")), "delivered");
        for (from, outcome) in [(1, "delivered"), (0, "delivered"), (1, "left_out")] {
            let receipt = receipt(&entry(), &reached(from, outcome));
            let Receipt::LeftOut { reason: Reason::Rules(reason), revision } = receipt else { panic!("{receipt:?}") };
            assert_eq!((reason, revision), (selection::LeftOut::Budget, Some(3)));
        }
        // An older version did not note where.
        let left_out = LeftOut { budget: 3, ..LeftOut::default() };
        assert_eq!(name(&trail(vec![Attempt { left_out, ..attempt("delivered") }])), "unknown");
        assert_eq!(name(&trail(vec![Attempt { left_out, ..attempt("left_out") }])), "left_out");
    }

    #[test]
    fn receipt_of_a_dead_letter_is_one_until_a_replay_delivers_it() {
        let letter = |minutes| DeadLetter {
            reason: DeadLetterReason::Refused,
            status: Some(400),
            answer: None,
            attempts: 1,
            created_at: at(minutes),
            dropped_at: None,
        };
        let with = |letter, attempts| Trail { dead_letter: Some(letter), ..trail(attempts) };
        assert_eq!(name(&with(letter(12), vec![])), "dead_letter");
        assert_eq!(name(&with(letter(12), vec![attempt("left_out")])), "dead_letter");
        assert_eq!(name(&with(letter(10), vec![attempt("delivered")])), "delivered");
    }

    #[test]
    fn receipt_of_what_expired_says_when_unless_it_was_delivered_before() {
        let expired = |attempts| Trail { expired_at: Some(at(5_000)), ..trail(attempts) };
        let receipt = receipt(&entry(), &expired(vec![]));
        let Receipt::Expired { since, at: expired_at } = receipt else { panic!("{receipt:?}") };
        assert_eq!((since, expired_at), (at(10), at(5_000)));
        assert_eq!(name(&expired(vec![attempt("delivered")])), "delivered");
    }
}
