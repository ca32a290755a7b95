//! How a destination stands: its health in words and colour, what to do about it, what waits, and what never arrived (spec 4.4).

use chrono::{DateTime, Utc};

use super::amount::{count, count_up_to, grouped};
use super::when::When;
use crate::broadcast::health::{Health, Trouble};
use crate::broadcast::listing::Listed;
use crate::store::cursors::MOST_COUNTED;

/// How a destination stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// How it fares.
    pub health: Health,
    /// Seen from when.
    pub now: DateTime<Utc>,
    /// What waits.
    pub waiting: Waiting,
    /// Requests delivered so far, grouped.
    pub delivered: String,
    /// When the last batch was accepted.
    pub last_delivery: Option<When>,
    /// Requests that the retention removed before they could be delivered; empty for none.
    pub expired: String,
    /// Dead letters, for example "2 requests"; empty for none.
    pub refused: String,
}

/// What waits for a destination.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// For example "12 requests"; empty for nothing.
    pub requests: String,
    /// When the oldest of them was recorded.
    pub oldest: Option<When>,
    /// What was accepted and may yet have to be sent again, for example "12 requests"; empty for nothing.
    pub unconfirmed: String,
}

impl Standing {
    /// Of a destination for which nothing waits and to which nothing was sent.
    pub fn new(health: Health, now: DateTime<Utc>) -> Self {
        let (delivered, none) = (grouped(0), String::new());
        Self {
            health,
            now,
            waiting: Waiting::default(),
            delivered,
            last_delivery: None,
            expired: none.clone(),
            refused: none,
        }
    }

    /// Seen from `now`.
    pub fn of(listed: &Listed, now: DateTime<Utc>) -> Self {
        let Listed { destination, lag, health } = listed;
        let counted = |number| if number == 0 { String::new() } else { count_up_to(number, MOST_COUNTED, "request") };
        Self {
            waiting: Waiting {
                requests: counted(lag.waiting),
                oldest: lag.oldest.map(|oldest| When::new(oldest, now)),
                unconfirmed: counted(lag.unconfirmed),
            },
            delivered: grouped(destination.delivered),
            last_delivery: destination.last_success_at.map(|at| When::new(at, now)),
            expired: if lag.expired == 0 { String::new() } else { count(lag.expired, "request") },
            refused: counted(lag.dead_letters),
            ..Self::new(health.clone(), now)
        }
    }

    /// What a person reads.
    pub fn words(&self) -> &'static str {
        match self.health {
            Health::Healthy => "Healthy",
            Health::Behind => "Behind",
            Health::Paused => "Paused",
            Health::Failing(_) => "Failing",
            Health::NeedsAttention(_) => "Needs attention",
            Health::SwitchedOff(_) => "Switched off",
        }
    }

    /// The colour's name.
    pub fn tone(&self) -> &'static str {
        match self.health {
            Health::Healthy => "good",
            Health::Paused => "off",
            Health::Behind | Health::Failing(_) => "warn",
            Health::NeedsAttention(_) | Health::SwitchedOff(_) => "bad",
        }
    }

    /// Since when it is so.
    pub fn since(&self) -> Option<When> {
        Some(When::new(self.trouble()?.since?, self.now))
    }

    /// When what waits is tried again.
    pub fn next(&self) -> Option<When> {
        Some(When::new(self.trouble()?.next?, self.now))
    }

    /// What happened, in a sentence.
    pub fn reason(&self) -> Option<&str> {
        self.trouble()?.reason.as_deref()
    }

    /// What follows from it, and what to do.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self.health {
            Health::Healthy => return None,
            Health::Behind => {
                "Requests complete faster than they are sent. Nothing is lost; if it stays like this, ask the operator of \
                 this server for more workers."
            }
            Health::Paused => "Requests wait until an admin resumes it.",
            Health::Failing(_) => "It is tried again by itself, and nothing is lost meanwhile.",
            Health::NeedsAttention(_) => {
                "Requests wait. It is tried now and then by itself, and at once when an admin presses Test Connection and \
                 the test passes."
            }
            Health::SwitchedOff(_) => {
                "It accepted nothing for too long, so nothing more is tried. Requests wait until an admin presses Test \
                 Connection and the test passes; then it is on again and they are sent."
            }
        })
    }

    fn trouble(&self) -> Option<&Trouble> {
        self.health.trouble()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn standing_words_trouble_by_its_length_its_reason_and_the_next_attempt() {
        let (begun, now) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::minutes(5));
        let next = Some(now + TimeDelta::minutes(3));
        let trouble = Trouble { since: Some(begun), reason: Some("It said no.".to_owned()), next };
        let standing = Standing::new(Health::Failing(trouble), now);
        assert_eq!([standing.words(), standing.tone()], ["Failing", "warn"]);
        assert_eq!(standing.since().map(|since| since.lasted()).as_deref(), Some("5 minutes"));
        assert_eq!(standing.next().map(|next| next.ahead()).as_deref(), Some("in 3 minutes"));
        assert_eq!(standing.reason(), Some("It said no."));
        assert!(standing.advice().is_some());
    }

    #[test]
    fn standing_of_a_healthy_destination_has_nothing_to_advise() {
        let standing = Standing::new(Health::Healthy, DateTime::UNIX_EPOCH);
        assert_eq!([standing.words(), standing.tone()], ["Healthy", "good"]);
        assert_eq!((standing.reason(), standing.advice()), (None, None));
        assert!(standing.since().is_none() && standing.next().is_none());
    }
}
