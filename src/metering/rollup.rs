//! Sums over requests, by time and by what they have in common.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::fact::{Fact, Outcome};
use super::histogram::Histogram;
use crate::id::ApiKeyId;

/// How long the time of a rollup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    Minute,
    Hour,
    Day,
}

impl Grain {
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// As the database names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub fn length(self) -> TimeDelta {
        match self {
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// How long rollups of this grain are kept; those of minutes as long as the log.
    pub fn kept(self, log: Duration) -> Duration {
        match self {
            Self::Minute => log,
            Self::Hour => Duration::from_hours(90 * 24),
            Self::Day => Duration::from_hours(400 * 24),
        }
    }

    /// The beginning of the time in which `at` lies, in UTC.
    pub fn start(self, at: DateTime<Utc>) -> DateTime<Utc> {
        at.duration_trunc(self.length()).unwrap_or(at)
    }
}

/// What the requests of a rollup have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimensions {
    /// As the caller asked. Empty for requests that were refused before a model was asked: anybody can make up names there.
    pub model: String,
    pub api_key: Option<ApiKeyId>,
    /// Empty: none was named.
    pub environment: String,
}

/// Names one rollup of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RollupKey {
    pub grain: Grain,
    pub starts_at: DateTime<Utc>,
    pub dimensions: Dimensions,
}

/// What is added up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sums {
    pub requests: u64,
    pub failed: u64,
    pub refused: u64,
    pub cancelled: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Requests whose cost is known.
    pub costed: u64,
    /// USD.
    pub cost: f64,
    pub latencies: Histogram,
    pub first_tokens: Histogram,
}

impl Sums {
    pub fn add(&mut self, fact: &Fact) {
        self.requests += 1;
        match fact.outcome {
            Outcome::Succeeded => {}
            Outcome::Failed => self.failed += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Cancelled => self.cancelled += 1,
        }
        self.input_tokens = self.input_tokens.saturating_add(fact.input_tokens.unwrap_or_default());
        self.output_tokens = self.output_tokens.saturating_add(fact.output_tokens.unwrap_or_default());
        if let Some(cost) = fact.cost {
            self.costed += 1;
            self.cost += cost;
        }
        if let Some(latency) = fact.latency {
            self.latencies.add(milliseconds(latency));
        }
        if let Some(first_token) = fact.first_token {
            self.first_tokens.add(milliseconds(first_token));
        }
    }

    /// Those of both.
    pub fn add_all(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.refused += other.refused;
        self.cancelled += other.cancelled;
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.costed += other.costed;
        self.cost += other.cost;
        self.latencies.add_bytes(&other.latencies.to_bytes());
        self.first_tokens.add_bytes(&other.first_tokens.to_bytes());
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The rollups to which these requests of one account add, each with what they add. A request has the time at which it completed.
pub fn roll_up<'a>(
    requests: impl IntoIterator<Item = (DateTime<Utc>, Option<ApiKeyId>, &'a Fact)>,
) -> BTreeMap<RollupKey, Sums> {
    let mut rollups: BTreeMap<RollupKey, Sums> = BTreeMap::new();
    for (completed_at, api_key, fact) in requests {
        let model = if fact.outcome == Outcome::Refused { String::new() } else { fact.model.clone() };
        let dimensions = Dimensions { model, api_key, environment: fact.environment.clone().unwrap_or_default() };
        for grain in Grain::ALL {
            let key = RollupKey { grain, starts_at: grain.start(completed_at), dimensions: dimensions.clone() };
            rollups.entry(key).or_default().add(fact);
        }
    }
    rollups
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;
    use crate::completed_request::sample::request;

    #[test]
    fn request_is_counted_once_in_each_grain() {
        let (fact, at) = (Fact::of(&request()), Utc.with_ymd_and_hms(2026, 11, 30, 23, 59, 59).unwrap());
        let times = [at, at + TimeDelta::seconds(1)];
        let rollups = roll_up(times.map(|at| (at, None, &fact)));
        let of = |grain| rollups.iter().filter(move |(key, _)| key.grain == grain);
        for grain in Grain::ALL {
            assert_eq!(of(grain).count(), 2, "the second request is of another day");
            assert_eq!(of(grain).map(|(_, sums)| sums.requests).sum::<u64>(), 2);
        }
        let (key, sums) = rollups.first_key_value().unwrap();
        assert_eq!(key.starts_at, Utc.with_ymd_and_hms(2026, 11, 30, 23, 59, 0).unwrap());
        assert_eq!((sums.input_tokens, sums.output_tokens, sums.costed), (12, 5, 1));
        assert_eq!(sums.latencies.count(), 1);
    }

    #[test]
    fn made_up_models_of_refused_requests_share_one_rollup() {
        let facts: Vec<Fact> = (0..50)
            .map(|number| Fact { outcome: Outcome::Refused, model: format!("model-{number}"), ..Fact::of(&request()) })
            .collect();
        let rollups = roll_up(facts.iter().map(|fact| (DateTime::UNIX_EPOCH, None, fact)));
        assert_eq!(rollups.len(), Grain::ALL.len());
    }
}
