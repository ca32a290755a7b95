//! Rules as JSON: for the API, and as they are stored.

use serde_json::{Map, Number, Value, json};

use super::budget::Budget;
use super::filter::{Filter, Group};
use super::mistakes::Mistakes;
use super::rule::{Operand, Rule};
use super::rules::Rules;
use crate::token::TokenHash;

/// The version of what is stored. A greater one is of a newer program, and left alone.
const VERSION: u64 = 1;

/// Stored rules that this program cannot judge by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("its rules were stored by a newer version of Tracecast")]
    Newer,
    #[error("its stored rules are not valid any more: {0}")]
    Invalid(Mistakes),
}

impl Rules {
    /// The members that [`Self::replace`] reads, all of them.
    pub fn to_json(&self) -> Map<String, Value> {
        let always = &self.sampling.always;
        let members = json!({
            "sampling_rate": number(self.sampling.rate.get()),
            "api_key_hashes": self.keys.included.as_deref().map(hashes),
            "excluded_api_key_hashes": hashes(&self.keys.excluded),
            "filter_rules": self.filter.as_ref().map(Filter::to_json),
            "always_keep": {
                "failed": always.failed,
                "slower_than_ms": always.slower_than_ms.map(number),
                "dearer_than_usd": always.dearer_than.map(number),
            },
            "daily_budget": self.budget.map(|Budget { requests, beyond }| {
                json!({ "requests": requests, "beyond": beyond.name() })
            }),
        });
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// As it is stored. None: nothing was ever chosen.
    pub fn to_stored(&self) -> Option<Value> {
        let mut members = self.to_json();
        if members == Self::default().to_json() {
            return None;
        }
        members.insert("version".to_owned(), VERSION.into());
        Some(Value::Object(members))
    }

    /// Reads what [`Self::to_stored`] wrote.
    ///
    /// # Errors
    /// When another version wrote it: the destination needs attention then.
    pub fn from_stored(stored: Option<&Value>) -> Result<Self, Unreadable> {
        let mut rules = Self::default();
        let Some(stored) = stored else { return Ok(rules) };
        let members = stored.as_object().filter(|_| stored["version"].as_u64().is_some_and(|it| it <= VERSION));
        rules.replace(members.ok_or(Unreadable::Newer)?).map_err(Unreadable::Invalid)?;
        Ok(rules)
    }
}

impl Filter {
    fn to_json(&self) -> Value {
        json!({ "enabled": self.enabled, "groups": self.groups.iter().map(Group::to_json).collect::<Vec<_>>() })
    }
}

impl Group {
    fn to_json(&self) -> Value {
        json!({ "logic": self.logic.name(), "rules": self.rules.iter().map(Rule::to_json).collect::<Vec<_>>() })
    }
}

impl Rule {
    fn to_json(&self) -> Value {
        let mut rule = json!({ "field": self.field.name(), "operator": self.operator.name() });
        if let Some(value) = self.operand.to_json() {
            rule["value"] = value;
        }
        rule
    }
}

impl Operand {
    /// None where the operator needs no value.
    pub fn to_json(&self) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(Value::from(text.as_str())),
            Self::Number(value) => Some(number(*value)),
            Self::Flag(flag) => Some(Value::Bool(*flag)),
            Self::Pattern(regex) => Some(Value::from(regex.as_str())),
        }
    }
}

/// Whole numbers are written without a fraction.
fn number(number: f64) -> Value {
    /// Up to here doubles know every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and no larger than 2⁵³")]
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn hashes(hashes: &[TokenHash]) -> Vec<String> {
    hashes.iter().map(|hash| hex::encode(hash.as_bytes())).collect()
}
