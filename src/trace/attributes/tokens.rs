//! Token counts as receivers add them up: whole numbers, no part greater than its whole.

use crate::completed_request::Usage;

/// The counts that a trace shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trace) struct Tokens {
    pub(in crate::trace) input: Option<i64>,
    pub(in crate::trace) output: Option<i64>,
    pub(in crate::trace) total: Option<i64>,
    pub(in crate::trace) cache_read: Option<i64>,
    pub(in crate::trace) cache_creation: Option<i64>,
    pub(in crate::trace) reasoning: Option<i64>,
}

impl Tokens {
    /// A part that is greater than its whole is left out: Sentry would compute negative costs, and cut to fit it would
    /// be an invented number. Without the whole there is no part.
    pub(in crate::trace) fn of(usage: &Usage) -> Self {
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
    part.filter(|part| whole.is_some_and(|whole| *part <= whole))
}

pub(super) fn saturating(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
