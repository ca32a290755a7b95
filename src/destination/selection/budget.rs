//! The most requests that a destination gets on one day (UTC).

use chrono::{DateTime, Days, NaiveDate, Utc};

/// A limit, and what becomes of the requests beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests a day.
    pub requests: u32,
    pub beyond: Beyond,
}

/// What becomes of requests beyond the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beyond {
    /// They are not sent.
    #[default]
    LeaveOut,
    /// They wait for the next day, and take of its budget.
    Hold,
}

impl Beyond {
    /// By the name in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::LeaveOut, Self::Hold].into_iter().find(|beyond| beyond.name() == name)
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeaveOut => "leave_out",
            Self::Hold => "hold",
        }
    }
}

/// What a day has had of its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    pub day: NaiveDate,
    pub requests: u64,
}

impl Spent {
    /// On the day of `now`, after what was spent before. A clock that is behind begins no day anew.
    pub fn on(before: Option<Self>, now: DateTime<Utc>) -> Self {
        let day = now.date_naive();
        before.filter(|before| before.day >= day).unwrap_or(Self { day, requests: 0 })
    }

    /// Requests that may still be sent.
    pub fn left_of(self, budget: Budget) -> usize {
        usize::try_from(u64::from(budget.requests).saturating_sub(self.requests)).unwrap_or(usize::MAX)
    }

    /// When the next budget begins.
    pub fn ends(self) -> DateTime<Utc> {
        let next = self.day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        next.and_time(chrono::NaiveTime::MIN).and_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_lasts_for_a_day_and_no_clock_that_is_behind_gives_it_anew() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let budget = Budget { requests: 5, beyond: Beyond::Hold };
        let first = Spent::on(None, at("2026-02-28T23:59:59Z"));
        assert_eq!(first.left_of(budget), 5);
        assert_eq!(first.ends(), at("2026-03-01T00:00:00Z"));
        let spent = Spent { requests: 4, ..first };
        assert_eq!(Spent::on(Some(spent), at("2026-02-28T00:00:00Z")).left_of(budget), 1);
        assert_eq!(Spent::on(Some(spent), at("2026-02-27T23:59:59Z")), spent);
        assert_eq!(Spent::on(Some(spent), at("2026-03-01T00:00:00Z")).left_of(budget), 5);
        assert_eq!(Spent { requests: 9, ..first }.left_of(budget), 0);
    }
}
