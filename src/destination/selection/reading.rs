//! Reads rules from OpenRouter's JSON, and says of each mistake where it is.

use serde_json::{Map, Value};

use super::budget::{Beyond, Budget};
use super::field::{Field, Measure};
use super::filter::{Filter, Group, Logic, MOST_GROUPS, MOST_RULES};
use super::mistakes::{Mistakes, Part, Place};
use super::operator::{Operator, Sort};
use super::pattern;
use super::rule::{Operand, Rule};
use super::rules::Rules;
use super::sampling::{AlwaysKeep, Rate};
use crate::token::TokenHash;

/// Most keys in a list: those that an account can have.
const MOST_KEYS: usize = 500;

/// Most regular expressions of a destination: each may be large.
const MOST_PATTERNS: usize = 20;

/// Most characters that a text is compared with.
const MOST_CHARS: usize = pattern::MOST_CHARS;

const LISTS: [&str; 2] = ["api_key_hashes", "excluded_api_key_hashes"];

impl Rules {
    /// Replaces what `members` name, and leaves the rest as it is: `sampling_rate`, `api_key_hashes`,
    /// `excluded_api_key_hashes`, `filter_rules`, `always_keep`, `daily_budget`. Other members are none of ours. `null` stands for everything.
    ///
    /// # Errors
    /// All mistakes. Nothing was replaced then.
    pub fn replace(&mut self, members: &Map<String, Value>) -> Result<(), Mistakes> {
        let mut rules = self.clone();
        let mut mistakes = Mistakes::default();
        if let Some(value) = members.get(LISTS[0]) {
            rules.keys.included = read_keys(value, LISTS[0], &mut mistakes);
            if rules.keys.included.as_ref().is_some_and(Vec::is_empty) {
                mistakes.add(Place::Member(LISTS[0]), "Name at least one key, or null for all.");
            }
        }
        if let Some(value) = members.get(LISTS[1]) {
            rules.keys.excluded = read_keys(value, LISTS[1], &mut mistakes).unwrap_or_default();
        }
        if let Some(value) = members.get("filter_rules") {
            rules.filter = read_filter(value, &mut mistakes);
        }
        if let Some(value) = members.get("sampling_rate") {
            rules.sampling.rate = read_rate(value, &mut mistakes);
        }
        if let Some(value) = members.get("always_keep") {
            rules.sampling.always = read_always(value, &mut mistakes);
        }
        if let Some(value) = members.get("daily_budget") {
            rules.budget = read_budget(value, &mut mistakes);
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        *self = rules;
        Ok(())
    }
}

fn read_rate(value: &Value, mistakes: &mut Mistakes) -> Rate {
    let rate = if value.is_null() { Some(Rate::ALL) } else { value.as_f64().and_then(Rate::new) };
    rate.unwrap_or_else(|| {
        mistakes.add(Place::Member("sampling_rate"), "Give a number from 0.0001 to 1.");
        Rate::ALL
    })
}

fn read_keys(value: &Value, member: &'static str, mistakes: &mut Mistakes) -> Option<Vec<TokenHash>> {
    if value.is_null() {
        return None;
    }
    let list = value.as_array().filter(|list| list.len() <= MOST_KEYS);
    let hashes = list.and_then(|list| list.iter().map(read_hash).collect());
    if hashes.is_none() {
        mistakes.add(Place::Member(member), format!("Give a list of at most {MOST_KEYS} hashes of API keys, or null."));
    }
    hashes
}

fn read_hash(value: &Value) -> Option<TokenHash> {
    let mut hash = [0; 32];
    hex::decode_to_slice(value.as_str()?, &mut hash).ok()?;
    Some(TokenHash(hash))
}

fn read_always(value: &Value, mistakes: &mut Mistakes) -> AlwaysKeep {
    let mut number = |member: &str, path: &'static str| {
        let value = value.get(member).filter(|value| !value.is_null())?;
        let number = value.as_f64().filter(|number| *number >= 0.0);
        if number.is_none() {
            mistakes.add(Place::Member(path), "Give a number that is not negative, or null.");
        }
        number
    };
    let slower_than_ms = number("slower_than_ms", "always_keep.slower_than_ms");
    let dearer_than = number("dearer_than_usd", "always_keep.dearer_than_usd");
    let failed = value.get("failed").unwrap_or(&Value::Bool(false));
    if !failed.is_boolean() {
        mistakes.add(Place::Member("always_keep.failed"), "Give true or false.");
    }
    if !value.is_object() && !value.is_null() {
        mistakes.add(Place::Member("always_keep"), "Give an object, or null.");
    }
    AlwaysKeep { failed: failed == &Value::Bool(true), slower_than_ms, dearer_than }
}

fn read_budget(value: &Value, mistakes: &mut Mistakes) -> Option<Budget> {
    if value.is_null() {
        return None;
    }
    let requests = value.get("requests").and_then(Value::as_u64).filter(|requests| *requests > 0);
    let requests = requests.and_then(|requests| u32::try_from(requests).ok());
    if requests.is_none() {
        mistakes.add(Place::Member("daily_budget.requests"), "Give a whole number from 1 to 4294967295.");
    }
    let beyond = value.get("beyond").unwrap_or(&Value::Null);
    let named = if beyond.is_null() { Some(Beyond::LeaveOut) } else { beyond.as_str().and_then(Beyond::from_name) };
    if named.is_none() {
        mistakes.add(Place::Member("daily_budget.beyond"), "Give `leave_out` or `hold`.");
    }
    Some(Budget { requests: requests?, beyond: named? })
}

fn read_filter(value: &Value, mistakes: &mut Mistakes) -> Option<Filter> {
    const PLACE: Place = Place::Member("filter_rules");
    if value.is_null() {
        return None;
    }
    let enabled = value.get("enabled").map_or(Some(true), Value::as_bool);
    let groups = value.get("groups").and_then(Value::as_array);
    let (Some(enabled), Some(groups)) = (enabled, groups) else {
        mistakes.add(PLACE, "Give null, or an object with `groups`, a list, and `enabled`, true or false.");
        return None;
    };
    if groups.len() > MOST_GROUPS {
        mistakes.add(PLACE, format!("Use at most {MOST_GROUPS} groups."));
        return None;
    }
    let groups = groups.iter().enumerate().filter_map(|(number, group)| read_group(number, group, mistakes)).collect();
    let filter = Filter { enabled, groups };
    if filter.rules().filter(|rule| rule.operator == Operator::Regex).count() > MOST_PATTERNS {
        mistakes.add(PLACE, format!("Use at most {MOST_PATTERNS} regular expressions."));
    }
    Some(filter)
}

/// Rules that cannot be read are left out: the mistakes say so.
fn read_group(number: usize, value: &Value, mistakes: &mut Mistakes) -> Option<Group> {
    let logic = value.get("logic").map_or(Some(Logic::And), |logic| Logic::from_name(logic.as_str()?));
    let (Some(logic), Some(rules)) = (logic, value.get("rules").and_then(Value::as_array)) else {
        mistakes.add(Place::Group(number), "Give an object with `rules`, a list, and `logic`, `and` or `or`.");
        return None;
    };
    if rules.is_empty() || rules.len() > MOST_RULES {
        mistakes.add(Place::Group(number), format!("A group has 1 to {MOST_RULES} rules."));
        return None;
    }
    let mut read = |(rule, value)| match read_rule(value) {
        Ok(rule) => Some(rule),
        Err((part, sentence)) => {
            mistakes.add(Place::Rule { group: number, rule, part }, sentence);
            None
        }
    };
    let rules = rules.iter().enumerate().filter_map(&mut read).collect();
    Some(Group { logic, rules })
}

fn read_rule(value: &Value) -> Result<Rule, (Part, String)> {
    let word = |member: &str| value.get(member).and_then(Value::as_str);
    let field = word("field").map(storable).and_then(|name| Field::from_name(&name));
    let field = field.ok_or_else(|| (Part::Field, "There is no such field.".to_owned()))?;
    let operator = word("operator").and_then(Operator::from_name);
    let operator = operator.ok_or_else(|| (Part::Operator, "There is no such operator.".to_owned()))?;
    if let Some(sentence) = misfit(&field, operator) {
        return Err((Part::Operator, sentence));
    }
    let operand = read_operand(&field, operator, value.get("value").unwrap_or(&Value::Null));
    Ok(Rule { operand: operand.map_err(|sentence| (Part::Value, sentence))?, field, operator })
}

/// Why an operator cannot be used with a field.
fn misfit(field: &Field, operator: Operator) -> Option<String> {
    let name = field.name();
    match (operator.sort(), field.measure()) {
        (Sort::Order, Measure::Text | Measure::Flag) => {
            Some(format!("`{name}` is not a number. Choose another operator."))
        }
        (Sort::Textual | Sort::Pattern, Measure::Number | Measure::Flag) => {
            Some(format!("`{name}` is not a text. Choose another operator."))
        }
        _ => None,
    }
}

/// The error is a sentence.
fn read_operand(field: &Field, operator: Operator, value: &Value) -> Result<Operand, String> {
    let is_missing = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    let sort = operator.sort();
    if sort == Sort::Presence {
        return Ok(Operand::None);
    }
    if is_missing {
        return Err("Enter a value.".to_owned());
    }
    match (sort, field.measure(), value) {
        (Sort::Order, ..) | (_, Measure::Number, _) | (Sort::Equality, Measure::Any, Value::Number(_)) => {
            let typed = || value.as_str().and_then(|text| text.trim().parse().ok());
            let number = value.as_f64().or_else(typed).filter(|number| number.is_finite());
            number.map(Operand::Number).ok_or_else(|| "Enter a number.".to_owned())
        }
        (_, Measure::Flag, _) | (Sort::Equality, Measure::Any, Value::Bool(_)) => {
            let typed = || value.as_str().and_then(|text| text.trim().parse().ok());
            value.as_bool().or_else(typed).map(Operand::Flag).ok_or_else(|| "Enter `true` or `false`.".to_owned())
        }
        (_, _, Value::String(text)) if text.chars().count() > MOST_CHARS => {
            Err(format!("Shorten the value to {MOST_CHARS} characters."))
        }
        (Sort::Pattern, _, Value::String(text)) => pattern::compile(&storable(text)).map(Operand::Pattern),
        (_, _, Value::String(text)) => Ok(Operand::Text(storable(text))),
        (_, _, Value::Number(number)) => Ok(Operand::Text(number.to_string())),
        _ => Err("Enter a text.".to_owned()),
    }
}

/// Postgres stores no NUL character, and recorded texts have none.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
