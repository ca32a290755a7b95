//! The section *Which requests* of a destination's form: rows of rules by submits, keys by ticks.

use super::draft::{Draft, METADATA};
use crate::destination::selection::{Mistakes, Part, Place};
use crate::pages::components::control::Control;
use crate::pages::shell::Problem;
use crate::store::api_keys::RuledKey;

/// The section, as it is drawn.
#[derive(Debug)]
pub struct Choosing {
    pub keys: Vec<KeyBox>,
    /// Whether keys that are made later are ticked, too.
    pub later: bool,
    pub keys_error: Option<String>,
    pub groups: Vec<GroupRows>,
    pub rules_error: Option<String>,
    pub share: Control,
    pub failed: bool,
    pub slow: Threshold,
    pub dear: Threshold,
    pub budget: BudgetRow,
    /// The stored rules are of a newer version of the program, and not shown.
    pub is_newer: bool,
}

/// A key to tick.
#[derive(Debug)]
pub struct KeyBox {
    pub name: String,
    pub label: String,
    pub is_on: bool,
}

/// A tick with a number.
#[derive(Debug)]
pub struct Threshold {
    pub is_on: bool,
    pub value: String,
    pub error: Option<String>,
}

/// The limit of a day.
#[derive(Debug)]
pub struct BudgetRow {
    /// Empty for no limit.
    pub value: String,
    /// What becomes of the requests beyond.
    pub beyond: Vec<Choice>,
    /// What today has had of the stored one; empty where there is none.
    pub today: String,
    pub error: Option<String>,
}

/// What becomes of requests beyond the limit, by the API's names.
const BEYOND: [(&str, &str); 2] = [("leave_out", "leave out the rest"), ("hold", "hold the rest until tomorrow")];

/// The rows of a group of rules.
#[derive(Debug)]
pub struct GroupRows {
    /// Counted from 1.
    pub number: usize,
    /// `group-1`
    pub name: String,
    pub is_any: bool,
    pub rules: Vec<RuleRow>,
    pub error: Option<String>,
}

/// A row: a field, a comparison and a value.
#[derive(Debug)]
pub struct RuleRow {
    /// `rule-1-2`, for group 1 and its rule 2.
    pub name: String,
    /// Group and place, as buttons say it: `1-2`.
    pub place: String,
    /// Counted from 1 through all groups.
    pub number: usize,
    pub fields: Vec<Choice>,
    pub operators: Vec<Choice>,
    pub value: String,
    pub error: Option<String>,
}

/// An option of a list.
#[derive(Debug)]
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
    pub is_chosen: bool,
}

/// Fields by the API's names, with their words.
const FIELDS: [(&str, &str); 20] = [
    ("model", "model"),
    ("provider", "provider"),
    ("user_id", "user"),
    ("session_id", "session"),
    ("api_key_name", "API key name"),
    ("outcome", "outcome"),
    ("status", "status"),
    ("finish_reason", "finish reason"),
    ("environment", "environment"),
    ("release", "release"),
    ("trace_name", "trace name"),
    ("input", "prompt"),
    ("output", "completion"),
    ("total_cost", "total cost (USD)"),
    ("total_tokens", "total tokens"),
    ("prompt_tokens", "prompt tokens"),
    ("completion_tokens", "completion tokens"),
    ("latency_ms", "latency (ms)"),
    ("streaming", "streaming"),
    (METADATA, "metadata"),
];

/// Operators by the API's names, with their words.
const OPERATORS: [(&str, &str); 13] = [
    ("equals", "is"),
    ("not_equals", "is not"),
    ("contains", "contains"),
    ("not_contains", "does not contain"),
    ("starts_with", "starts with"),
    ("ends_with", "ends with"),
    ("regex", "matches"),
    ("gt", "is greater than"),
    ("gte", "is at least"),
    ("lt", "is less than"),
    ("lte", "is at most"),
    ("exists", "is present"),
    ("not_exists", "is absent"),
];

impl Choosing {
    pub(super) fn new(draft: &Draft, keys: &[RuledKey], mistakes: &Mistakes, is_newer: bool) -> Self {
        let at = |places: &[Place]| {
            let found = mistakes.iter().find(|mistake| places.contains(&mistake.place));
            found.map(|mistake| words(mistake.place).unwrap_or(&mistake.sentence).to_owned())
        };
        let member = |name: &'static str| at(&[Place::Member(name)]);
        let threshold = |(is_on, value): &(bool, String), name: &'static str| Threshold {
            is_on: *is_on,
            value: value.clone(),
            error: member(name),
        };
        let mut first = 1;
        let groups = draft.groups.iter().enumerate().map(|(group, rows)| {
            let row = |(place, rule): (usize, _)| {
                let part = |part| Place::Rule { group, rule: place, part };
                let error = at(&[part(Part::Field), part(Part::Operator), part(Part::Value)]);
                RuleRow::new((group, place), first + place, rule, error)
            };
            let rules: Vec<_> = rows.rules.iter().enumerate().map(row).collect();
            first += rules.len();
            GroupRows {
                number: group + 1,
                name: format!("group-{}", group + 1),
                is_any: rows.is_any,
                rules,
                error: at(&[Place::Group(group)]),
            }
        });
        let groups = groups.collect();
        let share = Control::text("share", "Share of the sessions, in per cent").value(draft.share.clone());
        Self {
            keys: keys.iter().filter(|key| !key.is_revoked).map(|key| KeyBox::new(key, draft)).collect(),
            later: draft.later,
            keys_error: at(&[Place::Member("api_key_hashes"), Place::Member("excluded_api_key_hashes")]),
            groups,
            rules_error: member("filter_rules"),
            share: Control {
                error: member("sampling_rate"),
                ..share.hint("Sessions go whole or not at all. A request without a session counts as one.")
            },
            failed: draft.failed,
            slow: threshold(&draft.slow, "always_keep.slower_than_ms"),
            dear: threshold(&draft.dear, "always_keep.dearer_than_usd"),
            budget: BudgetRow {
                today: String::new(),
                value: draft.budget.clone(),
                beyond: options(&BEYOND, &draft.beyond),
                error: at(&[Place::Member("daily_budget.requests"), Place::Member("daily_budget.beyond")]),
            },
            is_newer,
        }
    }
}

impl KeyBox {
    fn new(key: &RuledKey, draft: &Draft) -> Self {
        Self {
            name: format!("key-{}", key.id),
            label: format!("{} (…{})", key.name, key.last_four),
            is_on: draft.ticked.contains(&hex::encode(&key.hash)),
        }
    }
}

impl RuleRow {
    fn new(
        (group, place): (usize, usize),
        number: usize,
        rule: &super::draft::DraftRule,
        error: Option<String>,
    ) -> Self {
        let place = format!("{}-{}", group + 1, place + 1);
        Self {
            name: format!("rule-{place}"),
            place,
            number,
            fields: options(&FIELDS, &rule.field),
            operators: options(&OPERATORS, &rule.operator),
            value: rule.value.clone(),
            error,
        }
    }
}

fn options(named: &[(&'static str, &'static str)], chosen: &str) -> Vec<Choice> {
    let choice = |&(value, label): &(&'static str, _)| Choice { value, label, is_chosen: value == chosen };
    named.iter().map(choice).collect()
}

/// The mistakes in the words of the summary. Each leads to its control.
pub(super) fn problems(mistakes: &Mistakes, draft: &Draft) -> Vec<Problem> {
    let problem = |mistake: &crate::destination::selection::Mistake| {
        let sentence = words(mistake.place).unwrap_or(&mistake.sentence);
        let message = match mistake.place {
            Place::Rule { group, rule, .. } => {
                let before: usize = draft.groups.iter().take(group).map(|group| group.rules.len()).sum();
                format!("Rule {}: {sentence}", before + rule + 1)
            }
            Place::Group(_) | Place::Pattern(_) | Place::Member(_) => sentence.to_owned(),
        };
        Problem { field: Some(anchor(mistake.place).into()), message }
    };
    mistakes.iter().map(problem).collect()
}

/// The id of the control in which a mistake is mended.
fn anchor(place: Place) -> String {
    match place {
        Place::Rule { group, rule, part } => format!("rule-{}-{}-{}", group + 1, rule + 1, part.name()),
        Place::Group(group) => format!("group-{}", group + 1),
        Place::Member("sampling_rate") => "share".to_owned(),
        Place::Member("daily_budget.requests" | "daily_budget.beyond") => "budget".to_owned(),
        Place::Member("always_keep.slower_than_ms") => "keep-slow-seconds".to_owned(),
        Place::Member("always_keep.dearer_than_usd") => "keep-dear-usd".to_owned(),
        Place::Member("api_key_hashes" | "excluded_api_key_hashes") => "keys".to_owned(),
        Place::Pattern(_) | Place::Member(_) => "rules".to_owned(),
    }
}

/// The sentence at a control that the form words in its own way.
fn words(place: Place) -> Option<&'static str> {
    match place {
        Place::Member("sampling_rate") => Some("Enter a share from 0.01 to 100 per cent."),
        Place::Member("daily_budget.requests") => Some("Enter a whole number of requests, or leave it empty."),
        Place::Member("daily_budget.beyond") => Some("Choose what becomes of the rest."),
        Place::Member("always_keep.slower_than_ms") => Some("Enter the seconds as a number."),
        Place::Member("always_keep.dearer_than_usd") => Some("Enter the US dollars as a number."),
        Place::Member("api_key_hashes") => Some("Tick at least one key, or those made later."),
        _ => None,
    }
}
