//! How a destination fares, in words, in colour, and in what to do about it (spec 4.4).

use chrono::{DateTime, TimeDelta, Utc};

use super::amount::count_up_to;
use super::when::When;
use crate::broadcast::Destination;
use crate::broadcast::deliveries::{Lag, MOST_COUNTED};

/// A destination that delivers is behind when something has waited for longer.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);

/// How a destination fares.
#[derive(Debug, Clone)]
pub enum DestinationState {
    /// Delivers, or would.
    Healthy,
    /// Delivers, but not as fast as requests complete.
    Behind,
    /// Paused by a person.
    Paused,
    /// The receiver does not take what is sent; it is tried again.
    Failing(Trouble),
    /// Somebody has to do something.
    NeedsAttention(Trouble),
    /// The program gave up on it.
    SwitchedOff(Trouble),
}

/// What is wrong with a destination.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Since when.
    pub since: Option<When>,
    /// What the receiver said, or what happened, in a sentence; empty for nothing.
    pub reason: String,
    /// When what waits is tried again. None: nothing waits, or nothing is tried.
    pub next: Option<When>,
}

impl DestinationState {
    /// How it fares now. Nobody is behind while Broadcast is off: then everything waits.
    pub fn of(destination: &Destination, lag: &Lag, is_on: bool, now: DateTime<Utc>) -> Self {
        let is_tried = is_on && destination.enabled && lag.waiting + lag.unconfirmed > 0;
        let trouble = |since: Option<DateTime<Utc>>| Trouble {
            since: since.map(|since| When::new(since, now)),
            reason: destination.reason.clone().unwrap_or_default(),
            next: destination.not_before.filter(|_| is_tried).map(|at| When::new(at, now)),
        };
        let late = lag.oldest.is_some_and(|oldest| When::new(oldest, now).is_older_than(PATIENCE));
        match (destination.enabled, destination.health.name()) {
            _ if destination.switched_off_at.is_some() => Self::SwitchedOff(trouble(destination.switched_off_at)),
            (false, _) => Self::Paused,
            (true, "failing") => Self::Failing(trouble(destination.failing_since)),
            (true, "needs_attention") => Self::NeedsAttention(trouble(destination.failing_since)),
            (true, _) if late && is_on => Self::Behind,
            (true, _) => Self::Healthy,
        }
    }

    /// What a person reads.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Behind => "Behind",
            Self::Paused => "Paused",
            Self::Failing(_) => "Failing",
            Self::NeedsAttention(_) => "Needs attention",
            Self::SwitchedOff(_) => "Switched off",
        }
    }

    /// The colour's name.
    pub fn tone(&self) -> &'static str {
        match self {
            Self::Healthy => "good",
            Self::Paused => "off",
            Self::Behind | Self::Failing(_) => "warn",
            Self::NeedsAttention(_) | Self::SwitchedOff(_) => "bad",
        }
    }

    /// Since when it is so.
    pub fn since(&self) -> Option<&When> {
        self.trouble().and_then(|trouble| trouble.since.as_ref())
    }

    /// When what waits is tried again.
    pub fn next(&self) -> Option<&When> {
        self.trouble().and_then(|trouble| trouble.next.as_ref())
    }

    /// What happened, in a sentence.
    pub fn reason(&self) -> Option<&str> {
        self.trouble().map(|trouble| trouble.reason.as_str()).filter(|reason| !reason.is_empty())
    }

    /// What follows from it, and what to do.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Healthy => return None,
            Self::Behind => {
                "Requests complete faster than they are sent. Nothing is lost; if it stays like this, ask the operator of \
                 this server for more workers."
            }
            Self::Paused => "Requests wait until an admin resumes it.",
            Self::Failing(_) => "It is tried again by itself, and nothing is lost meanwhile.",
            Self::NeedsAttention(_) => {
                "Requests wait. It is tried now and then by itself, and at once when an admin presses Test Connection and \
                 the test passes."
            }
            Self::SwitchedOff(_) => {
                "It accepted nothing for too long, so nothing more is tried. Requests wait until an admin presses Test \
                 Connection and the test passes; then it is on again and they are sent."
            }
        })
    }

    fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Healthy | Self::Behind | Self::Paused => None,
            Self::Failing(trouble) | Self::NeedsAttention(trouble) | Self::SwitchedOff(trouble) => Some(trouble),
        }
    }
}

/// What waits for a destination.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// For example "12 requests"; empty for nothing.
    pub requests: String,
    /// When the oldest of them was recorded.
    pub oldest: Option<When>,
    /// What was accepted and may yet have to be sent again, for example "12 requests"; empty for nothing.
    pub unconfirmed: String,
}

impl Waiting {
    /// What waits by this count, seen from now.
    pub fn of(lag: &Lag, now: DateTime<Utc>) -> Self {
        let told =
            |requests| if requests == 0 { String::new() } else { count_up_to(requests, MOST_COUNTED, "request") };
        Self {
            requests: told(lag.waiting),
            oldest: lag.oldest.map(|oldest| When::new(oldest, now)),
            unconfirmed: told(lag.unconfirmed),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::delivery::Health;
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;
    use crate::id::DestinationId;

    fn destination(enabled: bool, health: &str, switched_off: bool) -> Destination {
        let at = DateTime::UNIX_EPOCH;
        Destination {
            id: DestinationId(Uuid::nil()),
            kind: "sentry".to_owned(),
            name: "Sentry".to_owned(),
            enabled,
            privacy_mode: false,
            settings: BTreeMap::new().into(),
            masked: BTreeMap::new().into(),
            secrets: Vec::new(),
            secrets_set_at: at,
            target: String::new(),
            last_test: serde_json::Value::Null,
            revision: 1,
            updated_at: at,
            health: [Health::Healthy, Health::Failing, Health::NeedsAttention]
                .into_iter()
                .find(|one| one.name() == health)
                .unwrap(),
            reason: (health != "healthy").then(|| "It said no.".to_owned()),
            failing_since: (health != "healthy").then_some(at),
            not_before: (health != "healthy").then_some(at + TimeDelta::minutes(8)),
            last_success_at: None,
            delivered: 0,
            switched_off_at: switched_off.then_some(at),
        }
    }

    #[test]
    fn every_state_has_its_words_and_only_trouble_has_a_reason() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(5);
        let told = |destination: &Destination, seconds: Option<i64>, is_on| {
            let oldest = seconds.map(|seconds| now - TimeDelta::seconds(seconds));
            let lag =
                Lag { destination: destination.id, waiting: 1, oldest, unconfirmed: 0, expired: 0, dead_letters: 0 };
            let state = DestinationState::of(destination, &lag, is_on, now);
            let since = state.since().map(When::lasted).unwrap_or_default();
            (state.words(), since, state.reason().is_some())
        };
        let calm = |words| (words, String::new(), false);
        let troubled = |words| (words, "5 minutes".to_owned(), true);
        let healthy = destination(true, "healthy", false);
        assert_eq!(told(&healthy, None, true), calm("Healthy"));
        assert_eq!(told(&healthy, Some(59), true), calm("Healthy"));
        assert_eq!(told(&healthy, Some(61), true), calm("Behind"));
        assert_eq!(told(&healthy, Some(3_600), false), calm("Healthy"));
        assert_eq!(told(&destination(true, "failing", false), Some(90), true), troubled("Failing"));
        assert_eq!(told(&destination(true, "needs_attention", false), None, true), troubled("Needs attention"));
        assert_eq!(told(&destination(false, "failing", false), Some(90), true), calm("Paused"));
        assert_eq!(told(&destination(false, "failing", true), Some(90), true), troubled("Switched off"));
    }

    #[test]
    fn the_next_attempt_is_told_where_there_will_be_one() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(5);
        let told = |destination: &Destination, waiting, is_on| {
            let lag =
                Lag { destination: destination.id, waiting, oldest: None, unconfirmed: 0, expired: 0, dead_letters: 0 };
            DestinationState::of(destination, &lag, is_on, now).next().map(When::ahead)
        };
        for health in ["failing", "needs_attention"] {
            assert_eq!(told(&destination(true, health, false), 1, true).as_deref(), Some("in 3 minutes"));
            assert_eq!(told(&destination(true, health, false), 1, false), None, "Broadcast is off");
            assert_eq!(told(&destination(true, health, false), 0, true), None, "nothing waits");
            assert_eq!(told(&destination(false, health, false), 1, true), None, "paused");
            assert_eq!(told(&destination(false, health, true), 1, true), None, "switched off");
        }
        assert_eq!(told(&destination(true, "healthy", false), 1, true), None);
    }
}
