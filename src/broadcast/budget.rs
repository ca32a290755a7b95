//! What today has had of a destination's budget (spec 10.1).

use chrono::{DateTime, Utc};

use crate::destination::selection::{Budget, Spent};
use crate::store::cursors::Lag;
use crate::store::destinations::Destination;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetToday {
    pub budget: Budget,
    /// Requests that were sent, or given up.
    pub requests: u64,
}

impl BudgetToday {
    /// None: there is no budget, or a newer version stored it.
    pub(super) fn of(destination: &Destination, lag: &Lag, now: DateTime<Utc>) -> Option<Self> {
        let budget = destination.rules().ok()?.budget?;
        Some(Self { budget, requests: Spent::on(lag.spent(), now).requests })
    }

    /// Whether nothing more is sent today.
    pub fn is_reached(self) -> bool {
        self.requests >= u64::from(self.budget.requests)
    }
}
