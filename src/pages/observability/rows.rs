//! The rows of the destinations: in which order, and which of them a filter leaves.

use crate::broadcast::health::Health;
use crate::broadcast::last_test;
use crate::broadcast::listing::Listed;
use crate::destination::kinds;
use crate::pages::components::health::HealthPanel;
use crate::pages::components::spark::Spark;
use crate::pages::visit::Visitor;
use crate::store::accounts::Account;
use crate::store::deliveries::Hour;

/// With more destinations than this the page offers a filter.
const FEW: usize = 20;

/// One configured destination.
#[derive(Debug)]
pub struct DestinationRow {
    /// Its id, as in its address.
    pub id: String,
    pub name: String,
    /// Its kind's label.
    pub kind: &'static str,
    /// Its kind's two letters.
    pub sign: &'static str,
    /// Where it sends to, secrets masked.
    pub target: String,
    pub health: HealthPanel,
    /// Its last 24 hours.
    pub spark: Spark,
    /// Whether only the operator's list lets requests to it pass.
    pub is_widened: bool,
    /// Whether content stays out of its traces.
    pub is_private: bool,
}

impl DestinationRow {
    pub(super) fn new(listed: Listed, hours: &[Hour], account: &Account, visitor: &Visitor) -> Self {
        let health = HealthPanel::of(&listed, visitor.now);
        let Listed { destination, lag, .. } = listed;
        let kind = kinds::find(&destination.kind).map(|kind| kind.manifest);
        Self {
            id: destination.id.to_string(),
            kind: kind.map_or("Unknown", |kind| kind.label),
            sign: kind.map_or("?", |kind| kind.sign),
            health,
            spark: Spark::new(hours, destination.id, lag.waiting),
            is_widened: last_test(&destination).is_some_and(|test| test.is_widened()),
            is_private: account.privacy_mode || destination.privacy_mode,
            name: destination.name,
            target: destination.target,
        }
    }

    pub fn is_paused(&self) -> bool {
        self.health.health == Health::Paused
    }
}

/// Orders rows by how much they need a person, then by name.
pub(super) fn sort(rows: &mut [DestinationRow]) {
    rows.sort_by_cached_key(|row| (rank(&row.health.health), row.name.to_lowercase(), row.id.clone()));
}

fn rank(health: &Health) -> u8 {
    match health {
        Health::NeedsAttention(_) => 0,
        Health::SwitchedOff(_) => 1,
        Health::Failing(_) => 2,
        Health::Behind => 3,
        Health::Healthy => 4,
        Health::Paused => 5,
    }
}

/// One choice of the filter by state.
#[derive(Debug, PartialEq, Eq)]
pub struct StateChoice {
    /// For example "Healthy 18".
    pub label: String,
    /// As in the address; empty for all.
    pub value: String,
    pub is_chosen: bool,
}

/// The states that rows are in, as a filter; nothing where there are few rows. Leaves in `rows` what `wanted` asks for.
/// An unknown word asks for all.
pub(super) fn filter(rows: &mut Vec<DestinationRow>, wanted: &str) -> Vec<StateChoice> {
    if rows.len() <= FEW {
        return Vec::new();
    }
    let parts = rows.chunk_by(|one, next| one.health.words() == next.health.words());
    let states: Vec<_> = parts.filter_map(|part| Some((part.first()?.health.words(), part.len()))).collect();
    let wanted = states.iter().map(|(words, _)| value(words)).find(|value| value == wanted).unwrap_or_default();
    let all = StateChoice { label: format!("All {}", rows.len()), value: String::new(), is_chosen: wanted.is_empty() };
    let states = states.into_iter().map(|(words, number)| {
        let value = value(words);
        StateChoice { label: format!("{words} {number}"), is_chosen: value == wanted, value }
    });
    let choices = std::iter::once(all).chain(states).collect();
    rows.retain(|row| wanted.is_empty() || value(row.health.words()) == wanted);
    choices
}

fn value(words: &str) -> String {
    words.to_lowercase().replace(' ', "-")
}

#[cfg(test)]
pub(super) fn sample(name: &str, health: Health) -> DestinationRow {
    DestinationRow {
        id: name.to_lowercase(),
        name: name.to_owned(),
        kind: "Sentry",
        sign: "Se",
        target: String::new(),
        health: HealthPanel::new(health, chrono::DateTime::UNIX_EPOCH),
        spark: Spark::default(),
        is_widened: false,
        is_private: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::health::Trouble;

    fn names(rows: &[DestinationRow]) -> Vec<&str> {
        rows.iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn rows_that_need_somebody_come_first_then_names_in_any_case() {
        let trouble = Trouble::default;
        let mut rows = vec![
            sample("paused", Health::Paused),
            sample("b", Health::Healthy),
            sample("A", Health::Healthy),
            sample("behind", Health::Behind),
            sample("failing", Health::Failing(trouble())),
            sample("off", Health::SwitchedOff(trouble())),
            sample("needs", Health::NeedsAttention(trouble())),
        ];
        sort(&mut rows);
        assert_eq!(names(&rows), ["needs", "off", "failing", "behind", "A", "b", "paused"]);
    }

    #[test]
    fn filter_is_offered_above_twenty_rows_only() {
        let mut rows: Vec<_> = (0..FEW).map(|n| sample(&n.to_string(), Health::Healthy)).collect();
        assert_eq!(filter(&mut rows, "paused"), []);
        assert_eq!(rows.len(), FEW);
        rows.push(sample("paused", Health::Paused));
        let labels: Vec<_> = filter(&mut rows, "paused").into_iter().map(|choice| choice.label).collect();
        assert_eq!(labels, ["All 21", "Healthy 20", "Paused 1"]);
        assert_eq!(names(&rows), ["paused"]);
    }
}
