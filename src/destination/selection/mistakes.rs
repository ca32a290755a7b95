//! What a person has to correct in the rules, place by place.

use std::fmt;

/// Where in the rules something is wrong. Written as the path in the API's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A member by its path: `sampling_rate`.
    Member(&'static str),
    /// A group of rules, counted from 0.
    Group(usize),
    /// A part of a rule. Group, and rule within the group, are counted from 0.
    Rule { group: usize, rule: usize, part: Part },
    /// An expression of the account's own in the redaction, counted from 0.
    Pattern(usize),
}

/// What of a rule is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Field,
    Operator,
    Value,
}

impl Part {
    pub fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Operator => "operator",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(path) => f.write_str(path),
            Self::Group(group) => write!(f, "filter_rules.groups[{group}]"),
            Self::Pattern(number) => write!(f, "redaction.patterns[{number}]"),
            Self::Rule { group, rule, part } => {
                write!(f, "filter_rules.groups[{group}].rules[{rule}].{}", part.name())
            }
        }
    }
}

/// One sentence at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub place: Place,
    /// What is wrong and what to do.
    pub sentence: String,
}

/// All that is wrong with rules, in the order in which it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// A single mistake.
    pub fn one(place: Place, sentence: impl Into<String>) -> Self {
        let mut mistakes = Self::default();
        mistakes.add(place, sentence);
        mistakes
    }

    pub fn add(&mut self, place: Place, sentence: impl Into<String>) {
        self.0.push(Mistake { place, sentence: sentence.into() });
    }

    pub fn add_all(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{}: {}", mistake.place, mistake.sentence)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
