//! All that decides which requests a destination gets.

use super::budget::Budget;
use super::candidate::Candidate;
use super::decision::{Kept, LeftOut};
use super::field::Field;
use super::filter::Filter;
use super::keys::Keys;
use super::sampling::{Rate, Sampling};
use crate::id::DestinationId;

/// What a person chose for a destination, ready to judge by. The default lets everything pass.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    pub keys: Keys,
    pub filter: Option<Filter>,
    pub sampling: Sampling,
    /// Judged last, by who counts what is sent. None: no limit.
    pub budget: Option<Budget>,
}

impl Rules {
    /// Whether a request is sent: keys, then filter rules, then sampling.
    ///
    /// # Errors
    /// The first reason not to send it.
    pub fn keep(&self, destination: DestinationId, candidate: &Candidate<'_>) -> Result<Kept, LeftOut> {
        self.keys.judge(candidate.key)?;
        if let Some(filter) = &self.filter {
            filter.judge(candidate)?;
        }
        self.sampling.judge(destination, candidate)
    }

    /// Whether everything passes, so that nothing need be asked.
    pub fn is_everything(&self) -> bool {
        !self.keys.are_chosen() && !self.filters() && self.sampling.rate == Rate::ALL && self.budget.is_none()
    }

    /// Whether the rules ask for the hash or the name of a request's key.
    pub fn need_keys(&self) -> bool {
        let named = |filter: &Filter| filter.rules().any(|rule| rule.field == Field::ApiKeyName);
        self.keys.are_chosen() || self.filters() && self.filter.as_ref().is_some_and(named)
    }

    /// Whether the rules ask for prompt or completion.
    pub fn need_content(&self) -> bool {
        let about = |filter: &Filter| filter.rules().any(|rule| matches!(rule.field, Field::Input | Field::Output));
        self.filters() && self.filter.as_ref().is_some_and(about)
    }

    fn filters(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.enabled && !filter.groups.is_empty())
    }
}
