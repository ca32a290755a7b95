//! Which requests a destination gets: keys, filter rules, sampling and a budget of the day (spec 10.1). Pure: worker, dry run, preview and receipts ask
//! the same [`Rules`].
//!
//! The rules are written in OpenRouter's JSON, with members of ours beside: `sampling_rate`, `api_key_hashes`, `filter_rules`, and
//! `excluded_api_key_hashes`, `always_keep`, `daily_budget`.

mod budget;
mod candidate;
mod decision;
mod field;
mod filter;
mod keys;
mod mistakes;
mod operator;
pub(super) mod pattern;
mod reading;
mod rule;
mod rules;
mod sampling;
mod stored;

pub use self::budget::{Beyond, Budget, Spent};
pub use self::candidate::{Candidate, KnownKey};
pub use self::decision::{Kept, LeftOut};
pub use self::field::{Field, Measure};
pub use self::filter::{Filter, Group, Logic, MOST_GROUPS, MOST_RULES};
pub use self::keys::Keys;
pub use self::mistakes::{Mistake, Mistakes, Part, Place};
pub use self::operator::Operator;
pub use self::rule::{Operand, Rule};
pub use self::rules::Rules;
pub use self::sampling::{AlwaysKeep, Rate, Sampling, draw};
pub use self::stored::Unreadable;

#[cfg(test)]
mod tests;
