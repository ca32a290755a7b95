//! The one notice above the destinations: how many are in trouble, and which.

use super::rows::DestinationRow;
use crate::broadcast::health::Health;
use crate::pages::components::amount::count;

/// Destinations that the notice names. It counts the others.
const NAMED: usize = 5;

/// What is wrong in a sentence; each name leads to its row.
#[derive(Debug)]
pub struct Attention {
    /// For example "2 of 7 destinations need you".
    pub lead: String,
    /// The most pressing first.
    pub named: Vec<Named>,
    /// How many are not named.
    pub others: usize,
    /// What becomes of the rest, in a sentence; empty for no rest.
    pub rest: String,
}

/// A destination that the notice names.
#[derive(Debug)]
pub struct Named {
    /// What stands before the name.
    pub joint: &'static str,
    pub id: String,
    pub name: String,
}

impl Attention {
    /// None: all is well, or waits because somebody paused it.
    pub(super) fn of(rows: &[DestinationRow]) -> Option<Self> {
        let urgent = those(rows, |health| matches!(health, Health::NeedsAttention(_) | Health::SwitchedOff(_)));
        let recovering = those(rows, |health| matches!(health, Health::Failing(_) | Health::Behind));
        let all = count(i64::try_from(rows.len()).unwrap_or(i64::MAX), "destination");
        let (named, verb, rest) = match (urgent.len(), recovering.len()) {
            (0, 0) => return None,
            (0, 1) => (recovering, "has trouble", "It recovers by itself.".to_owned()),
            (0, _) => (recovering, "have trouble", "They recover by themselves.".to_owned()),
            (1, others) => (urgent, "needs you", by_themselves(others)),
            (_, others) => (urgent, "need you", by_themselves(others)),
        };
        Some(Self {
            lead: format!("{} of {all} {verb}", named.len()),
            others: named.len().saturating_sub(NAMED),
            named: name(&named),
            rest,
        })
    }
}

fn name(rows: &[&DestinationRow]) -> Vec<Named> {
    let last = rows.len().saturating_sub(1);
    let joint = |place| match place {
        0 => "",
        _ if place == last => " and ",
        _ => ", ",
    };
    let named = rows.iter().take(NAMED).enumerate();
    named.map(|(place, row)| Named { joint: joint(place), id: row.id.clone(), name: row.name.clone() }).collect()
}

fn those(rows: &[DestinationRow], is_meant: impl Fn(&Health) -> bool) -> Vec<&DestinationRow> {
    rows.iter().filter(|row| is_meant(&row.health.health)).collect()
}

fn by_themselves(number: usize) -> String {
    match number {
        0 => String::new(),
        1 => "1 more recovers by itself.".to_owned(),
        number => format!("{number} more recover by themselves."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::health::Trouble;
    use crate::pages::observability::rows::sample;

    fn sentence(rows: &[DestinationRow]) -> Option<String> {
        let attention = Attention::of(rows)?;
        let names: String = attention.named.iter().map(|row| format!("{}{}", row.joint, row.name)).collect();
        Some(format!("{}: {names} and {} more. {}", attention.lead, attention.others, attention.rest))
    }

    #[test]
    fn notice_names_what_needs_somebody_and_counts_what_recovers() {
        let needs = |name: &str| sample(name, Health::NeedsAttention(Trouble::default()));
        let rows = [needs("A"), needs("B"), sample("C", Health::Behind), sample("D", Health::Healthy)];
        let expected = "2 of 4 destinations need you: A and B and 0 more. 1 more recovers by itself.";
        assert_eq!(sentence(&rows).as_deref(), Some(expected));
        let many: Vec<_> = ["A", "B", "C", "D", "E", "F", "G"].map(needs).into();
        let expected = "7 of 7 destinations need you: A, B, C, D, E and 2 more. ";
        assert_eq!(sentence(&many).as_deref(), Some(expected));
    }

    #[test]
    fn notice_of_what_recovers_says_so_and_there_is_none_when_all_is_well() {
        let expected = "1 of 1 destination has trouble: A and 0 more. It recovers by itself.";
        assert_eq!(sentence(&[sample("A", Health::Failing(Trouble::default()))]).as_deref(), Some(expected));
        assert!(sentence(&[sample("A", Health::Healthy), sample("B", Health::Paused)]).is_none());
    }
}
