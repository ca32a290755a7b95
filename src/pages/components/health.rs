//! A destination's health as a page shows it: words and colour, what to do about it, what waits, and what never arrived
//! (spec 4.4).

use chrono::{DateTime, Utc};

use super::amount::{count, count_up_to, grouped};
use super::budget;
use super::when::When;
use crate::broadcast::health::{Health, Trouble};
use crate::broadcast::listing::Listed;
use crate::store::cursors::MOST_COUNTED;

/// The health of one destination, as it is drawn.
#[derive(Debug, Clone)]
pub struct HealthPanel {
    pub health: Health,
    /// When the page is drawn.
    pub now: DateTime<Utc>,
    pub waiting: Waiting,
    /// Requests delivered so far, grouped.
    pub delivered: String,
    /// When the last batch was accepted.
    pub last_delivery: Option<When>,
    /// Requests that the retention removed before they could be delivered; empty for none.
    pub expired: String,
    /// Dead letters, for example "2 requests"; empty for none.
    pub refused: String,
    /// How many dead letters there are, for their tab; empty for none.
    pub dead_letters: String,
    /// That the day's limit of requests is reached, in a sentence; empty where it is not.
    pub limit: String,
}

/// The requests that wait for a destination.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// For example "12 requests"; empty for nothing.
    pub requests: String,
    /// When the oldest of them was recorded.
    pub oldest: Option<When>,
    /// What was accepted and may yet have to be sent again, for example "12 requests"; empty for nothing.
    pub unconfirmed: String,
}

/// For example "12" or "10,000+"; empty for none.
fn tab_number(number: i64) -> String {
    match number {
        0 => String::new(),
        MOST_COUNTED.. => format!("{}+", grouped(MOST_COUNTED)),
        _ => grouped(number),
    }
}

impl HealthPanel {
    /// For a destination to which nothing was sent, and for which nothing waits.
    pub fn new(health: Health, now: DateTime<Utc>) -> Self {
        let (delivered, none) = (grouped(0), String::new());
        Self {
            health,
            now,
            waiting: Waiting::default(),
            delivered,
            last_delivery: None,
            expired: none.clone(),
            refused: none.clone(),
            dead_letters: none.clone(),
            limit: none,
        }
    }

    /// For a listed destination, drawn at `now`.
    pub fn of(listed: &Listed, now: DateTime<Utc>) -> Self {
        let Listed { destination, lag, health, today } = listed;
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
            dead_letters: tab_number(lag.dead_letters),
            limit: today.filter(|today| today.is_reached()).map(|today| budget::words(&today)).unwrap_or_default(),
            ..Self::new(health.clone(), now)
        }
    }

    /// The health in one or two words.
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

    /// When the present trouble or pause began.
    pub fn since(&self) -> Option<When> {
        Some(When::new(self.trouble()?.since?, self.now))
    }

    /// When the next attempt is made.
    pub fn next(&self) -> Option<When> {
        Some(When::new(self.trouble()?.next?, self.now))
    }

    /// What happened, in a sentence.
    pub fn reason(&self) -> Option<&str> {
        self.trouble()?.reason.as_deref()
    }

    /// Whether the receiver said that it wants no more requests.
    pub fn is_farewell(&self) -> bool {
        self.trouble().is_some_and(|trouble| trouble.is_farewell)
    }

    /// What follows from the health, and what to do.
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
            Health::SwitchedOff(_) if self.is_farewell() => {
                "The receiver said that it is gone, so nothing more is tried. Requests wait until an admin presses Test \
                 Connection and the test passes; then it is on again and they are sent."
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
    fn health_panel_words_trouble_by_its_length_its_reason_and_the_next_attempt() {
        let (begun, now) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::minutes(5));
        let next = Some(now + TimeDelta::minutes(3));
        let trouble = Trouble { since: Some(begun), reason: Some("It said no.".to_owned()), next, is_farewell: false };
        let health = HealthPanel::new(Health::Failing(trouble), now);
        assert_eq!([health.words(), health.tone()], ["Failing", "warn"]);
        assert_eq!(health.since().map(|since| since.lasted()).as_deref(), Some("5 minutes"));
        assert_eq!(health.next().map(|next| next.ahead()).as_deref(), Some("in 3 minutes"));
        assert_eq!(health.reason(), Some("It said no."));
        assert!(health.advice().is_some());
    }

    #[test]
    fn health_panel_of_a_healthy_destination_has_nothing_to_advise() {
        let health = HealthPanel::new(Health::Healthy, DateTime::UNIX_EPOCH);
        assert_eq!([health.words(), health.tone()], ["Healthy", "good"]);
        assert_eq!((health.reason(), health.advice()), (None, None));
        assert!(health.since().is_none() && health.next().is_none());
    }
}
