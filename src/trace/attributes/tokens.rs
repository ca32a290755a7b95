//! Token counts as receivers add them up: whole numbers, no part greater than its whole.

use crate::completed_request::Usage;

/// The counts that a trace shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    pub input: Option<i64>,
    pub output: Option<i64>,
    pub total: Option<i64>,
    pub cache_read: Option<i64>,
    pub cache_creation: Option<i64>,
    pub reasoning: Option<i64>,
}

impl Tokens {
    /// A part that is greater than its whole counts as all of it (spec 2.4): Sentry would compute negative costs. Without the
    /// whole there is no part.
    pub fn of(usage: &Usage) -> Self {
        let cache_read = part(usage.cache_read, usage.input);
        let uncached = usage.input.map(|input| input - cache_read.unwrap_or(0));
        let both = usage.input.zip(usage.output).map(|(input, output)| input.saturating_add(output));
        Self {
            input: usage.input.map(saturating),
            output: usage.output.map(saturating),
            total: usage.total.or(both).map(saturating),
            cache_read: cache_read.map(saturating),
            cache_creation: part(usage.cache_creation, uncached).map(saturating),
            reasoning: part(usage.reasoning, usage.output).map(saturating),
        }
    }
}

fn part(part: Option<u64>, whole: Option<u64>) -> Option<u64> {
    Some(part?.min(whole?))
}

pub(super) fn saturating(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
