//! The budget of a day in words.

use super::amount::{count, grouped};
use crate::broadcast::budget::BudgetToday;
use crate::destination::selection::Beyond;

/// What became of today's limit, in a sentence or two.
pub(in crate::pages) fn words(today: &BudgetToday) -> String {
    let limit = i64::from(today.budget.requests);
    if !today.is_reached() {
        let sent = i64::try_from(today.requests).unwrap_or(i64::MAX);
        return format!("Today (UTC): {} of {}.", grouped(sent), count(limit, "request"));
    }
    let rest = match today.budget.beyond {
        Beyond::LeaveOut => "Until midnight (UTC) further requests are left out.",
        Beyond::Hold => "Further requests wait until midnight (UTC).",
    };
    format!("Today's limit of {} is reached. {rest}", count(limit, "request"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::selection::Budget;

    #[test]
    fn budget_says_what_is_left_and_what_becomes_of_the_rest() {
        let words = |requests, beyond| words(&BudgetToday { budget: Budget { requests: 5_000, beyond }, requests });
        assert_eq!(words(1_200, Beyond::Hold), "Today (UTC): 1,200 of 5,000 requests.");
        assert_eq!(
            words(5_000, Beyond::Hold),
            "Today's limit of 5,000 requests is reached. Further requests wait until midnight (UTC)."
        );
        assert_eq!(
            words(5_001, Beyond::LeaveOut),
            "Today's limit of 5,000 requests is reached. Until midnight (UTC) further requests are left out."
        );
    }
}
