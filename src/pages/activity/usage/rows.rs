//! The rows of a table of usage.

use std::collections::BTreeMap;

use super::look::{Look, PATH};
use crate::id::ApiKeyId;
use crate::metering::Sums;
use crate::pages::components::amount::{duration, grouped, per_cent, short, usd};
use crate::store::activity::{Dimension, Group};

/// Groups that have a row of their own.
const NAMED: usize = 10;

#[derive(Debug, Default)]
pub struct UsageRow {
    pub name: String,
    /// The list of its requests. Empty: there is none.
    pub path: String,
    pub cost: String,
    /// Its part of the whole cost. Empty: nothing has a cost.
    pub share: String,
    /// The same in per cent.
    pub width: String,
    pub requests: String,
    pub failed: String,
    pub failed_share: String,
    pub input: String,
    pub output: String,
    /// Empty: not known.
    pub median: String,
    pub most: String,
}

/// What rows are made of beside the groups.
pub(super) struct Context<'a> {
    pub(super) look: &'a Look,
    pub(super) keys: &'a BTreeMap<ApiKeyId, String>,
    pub(super) total: &'a Group,
    /// Whether the log holds the requests.
    pub(super) is_logged: bool,
}

impl Context<'_> {
    pub(super) fn row(&self, group: Group) -> UsageRow {
        let failed = group.failed + group.refused;
        let unsigned = |number: i64| short(number.unsigned_abs());
        UsageRow {
            path: self.path(&group.value),
            cost: if group.costed == 0 { "Not known".to_owned() } else { usd(group.cost) },
            share: if self.total.cost > 0.0 {
                per_cent(micros(group.cost), micros(self.total.cost))
            } else {
                String::new()
            },
            width: format!("{:.1}", (100.0 * group.cost / self.total.cost.max(f64::MIN_POSITIVE)).clamp(0.0, 100.0)),
            requests: grouped(group.requests),
            failed: grouped(failed),
            failed_share: per_cent(failed, group.requests),
            input: unsigned(group.input_tokens),
            output: unsigned(group.output_tokens),
            median: group.median.map(|ms| duration(whole(ms))).unwrap_or_default(),
            most: group.most.map(|ms| duration(whole(ms))).unwrap_or_default(),
            name: name(self.look.dimension, group.value, self.keys),
        }
    }

    /// The list of a group's requests, or the usage of a day.
    fn path(&self, value: &str) -> String {
        match self.look.dimension {
            Dimension::Day => {
                let end = |time: &str| format!("{value}T{time}");
                let times = [("range", ""), ("from", &*end("00:00")), ("until", &*end("23:59:59")), ("by", "")];
                self.look.link(PATH, &times)
            }
            _ if !self.is_logged || value.is_empty() || value == NO_KEY => String::new(),
            // A list of one user's requests would begin with the oldest.
            dimension => {
                let range = self.look.address.range().name();
                self.look.address.link("/activity", &[("range", range), (dimension.name(), value)])
            }
        }
    }
}

const NO_KEY: &str = "00000000-0000-0000-0000-000000000000";

/// What people call a group.
pub(super) fn name(dimension: Dimension, value: String, keys: &BTreeMap<ApiKeyId, String>) -> String {
    match dimension {
        Dimension::ApiKey if value == NO_KEY => "No key".to_owned(),
        Dimension::ApiKey => {
            let known = value.parse().ok().and_then(|id: ApiKeyId| keys.get(&id).cloned());
            known.unwrap_or_else(|| format!("A key that is gone ({value})"))
        }
        _ if !value.is_empty() => value,
        Dimension::Model => "No model named".to_owned(),
        Dimension::User => "No user named".to_owned(),
        Dimension::Environment | Dimension::Day => "No environment named".to_owned(),
    }
}

pub(super) fn label(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Model => "Model",
        Dimension::ApiKey => "API key",
        Dimension::User => "User",
        Dimension::Environment => "Environment",
        Dimension::Day => "Day",
    }
}

/// The groups with a row of their own, and the sum of all others. Every day has one.
pub(super) fn named(mut groups: Vec<Group>, total: &Group, is_by_day: bool) -> (Vec<Group>, Option<Group>) {
    if !is_by_day {
        groups.truncate(NAMED);
    }
    let mut others = Group { median: None, most: None, ..total.clone() };
    for group in &groups {
        let less = |whole: &mut i64, part: i64| *whole = whole.saturating_sub(part).max(0);
        less(&mut others.requests, group.requests);
        less(&mut others.failed, group.failed);
        less(&mut others.refused, group.refused);
        less(&mut others.cancelled, group.cancelled);
        less(&mut others.input_tokens, group.input_tokens);
        less(&mut others.output_tokens, group.output_tokens);
        less(&mut others.costed, group.costed);
        others.cost = (others.cost - group.cost).max(0.0);
    }
    let others = Some(others).filter(|others| others.requests > 0);
    (groups, others)
}

/// The sums of all times.
pub(super) fn total(times: &[Sums]) -> Group {
    let mut all = Sums::default();
    for sums in times {
        all.add_all(sums);
    }
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Group {
        value: String::new(),
        requests: signed(all.requests),
        failed: signed(all.failed),
        refused: signed(all.refused),
        cancelled: signed(all.cancelled),
        input_tokens: signed(all.input_tokens),
        output_tokens: signed(all.output_tokens),
        costed: signed(all.costed),
        cost: all.cost,
        median: all.latencies.quantile(0.5),
        most: all.latencies.quantile(0.95),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds, or millionths of a dollar")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn micros(usd: f64) -> i64 {
    whole(usd * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(value: &str, requests: i64, cost: f64) -> Group {
        Group { value: value.to_owned(), requests, costed: requests, cost, ..Group::default() }
    }

    #[test]
    fn ten_groups_have_rows_and_the_others_are_what_is_missing() {
        let groups: Vec<_> = (0..12).map(|number| group(&number.to_string(), 2, 1.0)).collect();
        let total = group("", 30, 13.5);
        let (rows, others) = named(groups.clone(), &total, false);
        let others = others.unwrap();
        assert_eq!((rows.len(), others.requests, others.cost), (10, 10, 3.5));
        let (rows, others) = named(groups, &group("", 24, 12.0), true);
        assert_eq!((rows.len(), others), (12, None));
    }

    #[test]
    fn groups_without_a_value_are_named() {
        let names = |value: &str| Dimension::ALL.map(|it| name(it, value.to_owned(), &BTreeMap::new()));
        assert_eq!(names("")[0], "No model named");
        assert_eq!(names(NO_KEY)[1], "No key");
        assert_eq!(names("")[2], "No user named");
        assert_eq!(names("a")[3], "a");
    }
}
