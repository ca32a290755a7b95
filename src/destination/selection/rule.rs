//! One filter rule.

use std::cmp::Ordering;

use regex::Regex;

use super::candidate::{Candidate, Found};
use super::field::Field;
use super::operator::Operator;

/// A condition on one field. Operator and operand fit the field.
#[derive(Debug, Clone)]
pub struct Rule {
    pub field: Field,
    pub operator: Operator,
    pub operand: Operand,
}

/// What a field is compared with.
#[derive(Debug, Clone)]
pub enum Operand {
    /// The operator needs none.
    None,
    Text(String),
    Number(f64),
    Flag(bool),
    Pattern(Regex),
}

/// Whether a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    Fails,
    /// It fails because the content that it is about is not there.
    NotRecorded,
}

impl Rule {
    pub(super) fn judge(&self, candidate: &Candidate<'_>) -> Verdict {
        let found = candidate.find(&self.field);
        let affirmed = match &found {
            Found::NotRecorded => return Verdict::NotRecorded,
            Found::Nothing => false,
            Found::Texts(texts) => texts.iter().any(|text| self.affirms(&Found::Text(text))),
            one => self.affirms(one),
        };
        if affirmed == self.operator.is_negation() { Verdict::Fails } else { Verdict::Holds }
    }

    /// Whether the operator's affirmative form holds for a value.
    fn affirms(&self, found: &Found<'_>) -> bool {
        let text = |holds: &dyn Fn(&str, &str) -> bool| match (found.as_text(), &self.operand) {
            (Some(text), Operand::Text(operand)) => holds(&text, operand),
            _ => false,
        };
        match self.operator {
            Operator::Exists | Operator::NotExists => true,
            Operator::Equals | Operator::NotEquals => self.equals(found),
            Operator::Contains | Operator::NotContains => text(&|text, operand| text.contains(operand)),
            Operator::StartsWith => text(&|text, operand| text.starts_with(operand)),
            Operator::EndsWith => text(&|text, operand| text.ends_with(operand)),
            Operator::Regex => match (found.as_text(), &self.operand) {
                (Some(text), Operand::Pattern(regex)) => regex.is_match(&text),
                _ => false,
            },
            Operator::Gt => self.compare(found).is_some_and(Ordering::is_gt),
            Operator::Gte => self.compare(found).is_some_and(Ordering::is_ge),
            Operator::Lt => self.compare(found).is_some_and(Ordering::is_lt),
            Operator::Lte => self.compare(found).is_some_and(Ordering::is_le),
        }
    }

    fn equals(&self, found: &Found<'_>) -> bool {
        match (&self.operand, found) {
            (Operand::Number(_), _) => self.compare(found).is_some_and(Ordering::is_eq),
            (Operand::Flag(operand), Found::Flag(flag)) => operand == flag,
            (Operand::Text(operand), found) => found.as_text().is_some_and(|text| text == operand.as_str()),
            _ => false,
        }
    }

    /// A number as it compares with the operand; a text is none, whatever it holds.
    fn compare(&self, found: &Found<'_>) -> Option<Ordering> {
        match (found, &self.operand) {
            (Found::Number(number), Operand::Number(operand)) => number.partial_cmp(operand),
            _ => None,
        }
    }
}
