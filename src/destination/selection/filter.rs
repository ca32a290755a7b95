//! Filter rules in groups: all groups must hold, within a group all rules or any.

use super::candidate::Candidate;
use super::decision::LeftOut;
use super::rule::{Rule, Verdict};

/// Most groups of a filter.
pub const MOST_GROUPS: usize = 10;
/// Most rules of a group.
pub const MOST_RULES: usize = 20;

/// The filter rules of a destination.
#[derive(Debug, Clone)]
pub struct Filter {
    /// False: kept, and not asked.
    pub enabled: bool,
    pub groups: Vec<Group>,
}

/// Rules that belong together; there is at least one.
#[derive(Debug, Clone)]
pub struct Group {
    pub logic: Logic,
    pub rules: Vec<Rule>,
}

/// How the rules of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Logic {
    /// All must hold.
    #[default]
    And,
    /// One must hold.
    Or,
}

impl Logic {
    /// By the name in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::And, Self::Or].into_iter().find(|logic| logic.name() == name)
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

impl Filter {
    /// The first rules that do not hold are the reason.
    pub(super) fn judge(&self, candidate: &Candidate<'_>) -> Result<(), LeftOut> {
        if !self.enabled {
            return Ok(());
        }
        let mut first = 1;
        for group in &self.groups {
            group.judge(first, candidate)?;
            first += group.rules.len();
        }
        Ok(())
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.groups.iter().flat_map(|group| &group.rules)
    }
}

impl Group {
    /// Its rules are numbered from `first`.
    fn judge(&self, first: usize, candidate: &Candidate<'_>) -> Result<(), LeftOut> {
        let mut verdicts = self.rules.iter().map(|rule| rule.judge(candidate));
        match self.logic {
            Logic::And => match (first..).zip(verdicts).find(|(_, verdict)| *verdict != Verdict::Holds) {
                None => Ok(()),
                Some((number, verdict)) => {
                    let without_content = verdict == Verdict::NotRecorded;
                    Err(LeftOut::Rules { first: number, last: number, without_content })
                }
            },
            Logic::Or => {
                let mut without_content = false;
                let holds = verdicts.any(|verdict| {
                    without_content |= verdict == Verdict::NotRecorded;
                    verdict == Verdict::Holds
                });
                let last = first + self.rules.len() - 1;
                if holds { Ok(()) } else { Err(LeftOut::Rules { first, last, without_content }) }
            }
        }
    }
}
