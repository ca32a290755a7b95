//! Many equal attempts as one line that opens: neighbours of one day with the same outcome, status and answer.

use crate::pages::components::amount::{count, grouped};
use crate::pages::components::when::When;

/// Fewer equal neighbours stand alone.
const LEAST: usize = 5;

/// One attempt to hand over a batch.
#[derive(Debug)]
pub struct AttemptRow {
    /// The outcome in words.
    pub outcome: String,
    /// Its colour's name.
    pub tone: &'static str,
    /// When it began.
    pub at: When,
    pub requests: i64,
    /// How the address of its page ends. None: a probe, which carries nothing.
    pub name: Option<String>,
    /// Requests, bytes, duration and status, each with its unit.
    pub facts: Vec<String>,
    pub status: Option<i16>,
    /// The receiver's answer, or what happened, in a sentence; empty for nothing.
    pub answer: String,
}

impl AttemptRow {
    /// Whether the same came of another one.
    fn is_like(&self, other: &Self) -> bool {
        (&self.outcome, self.status, &self.answer) == (&other.outcome, other.status, &other.answer)
    }
}

/// Neighbours in time, the newest first.
#[derive(Debug)]
pub struct Group {
    /// The day, where it is not that of the group above.
    pub day: Option<String>,
    /// The equal attempts. One alone is drawn as a row.
    pub rows: Vec<AttemptRow>,
}

impl Group {
    /// How many requests it carried, in how many attempts.
    pub fn facts(&self) -> String {
        let requests = self.rows.iter().map(|row| row.requests).sum();
        let attempts = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        format!("{} in {} attempts", count(requests, "request"), grouped(attempts))
    }
}

/// Groups rows that are sorted by time.
pub(super) fn group(rows: Vec<AttemptRow>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut last_day = String::new();
    let mut rest = rows.into_iter().peekable();
    while let Some(first) = rest.next() {
        let day = first.at.day();
        let mut equal = vec![first];
        while let Some(next) = rest.next_if(|next| next.is_like(&equal[0]) && next.at.day() == day) {
            equal.push(next);
        }
        let parts = if equal.len() < LEAST { equal.into_iter().map(|row| vec![row]).collect() } else { vec![equal] };
        for rows in parts {
            groups.push(Group { day: (day != last_day).then(|| day.clone()), rows });
            day.clone_into(&mut last_day);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    /// An attempt so many minutes before midnight, UTC.
    fn attempt(minutes: i64, outcome: &str) -> AttemptRow {
        let midnight = DateTime::from_timestamp(1_800_057_600, 0).unwrap();
        AttemptRow {
            outcome: outcome.to_owned(),
            tone: "good",
            at: When::new(midnight - TimeDelta::minutes(minutes), midnight),
            requests: 2,
            name: None,
            facts: Vec::new(),
            status: None,
            answer: String::new(),
        }
    }

    fn sizes(rows: Vec<AttemptRow>) -> Vec<usize> {
        group(rows).iter().map(|group| group.rows.len()).collect()
    }

    #[test]
    fn group_holds_at_least_five_equal_neighbours_and_never_spans_another_outcome() {
        let mut rows: Vec<_> = (1..=11).map(|minutes| attempt(minutes, "Delivered")).collect();
        rows[6] = attempt(7, "Refused");
        assert_eq!(sizes(rows), [6, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn group_ends_with_its_day_and_each_day_is_named_once() {
        let rows = (-4..6).map(|minutes| attempt(minutes, "Delivered")).collect();
        let groups = group(rows);
        assert_eq!(groups.iter().map(|group| group.rows.len()).collect::<Vec<_>>(), [5, 5]);
        let days: Vec<_> = groups.iter().map(|group| group.day.as_deref()).collect();
        assert_eq!(days, [Some("16 January 2027"), Some("15 January 2027")]);
        assert_eq!(groups[0].facts(), "10 requests in 5 attempts");
    }
}
