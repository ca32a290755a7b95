//! Connection tests in progress: one at a time, and ten a minute, for each account (spec 5.1).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::id::AccountId;

const WINDOW: Duration = Duration::from_mins(1);
const MOST_IN_WINDOW: usize = 10;

/// Which accounts test now, and when they did. Cheap to clone; clones share their memory.
#[derive(Debug, Clone, Default)]
pub struct Testing(Arc<Mutex<HashMap<AccountId, Tests>>>);

#[derive(Debug, Default)]
struct Tests {
    running: bool,
    begun: Vec<Instant>,
}

/// The right to run one test. Dropping it ends the test.
#[derive(Debug)]
pub struct Permit {
    testing: Testing,
    account: AccountId,
}

/// Why a test may not begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// The account's previous test has not ended.
    #[error(
        "Another connection test of this account is still running. Wait until it has ended, then press Test Connection again."
    )]
    Running,
    /// Ten tests began within the last minute.
    #[error("This account ran ten connection tests within a minute. Wait a minute, then press Test Connection again.")]
    TooMany,
}

impl Testing {
    /// Begins a test of `account` at `now`.
    ///
    /// # Errors
    /// When one is running, or there were too many.
    pub fn begin(&self, account: AccountId, now: Instant) -> Result<Permit, Busy> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, tests| {
            tests.begun.retain(|begun| now.saturating_duration_since(*begun) < WINDOW);
            tests.running || !tests.begun.is_empty()
        });
        let tests = accounts.entry(account).or_default();
        if tests.running {
            return Err(Busy::Running);
        }
        if tests.begun.len() >= MOST_IN_WINDOW {
            return Err(Busy::TooMany);
        }
        tests.running = true;
        tests.begun.push(now);
        Ok(Permit { testing: self.clone(), account })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut accounts = self.testing.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tests) = accounts.get_mut(&self.account) {
            tests.running = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_account_tests_once_at_a_time_and_ten_times_a_minute() {
        let testing = Testing::default();
        let (account, other) = (AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2)));
        let now = Instant::now();
        let first = testing.begin(account, now).unwrap();
        assert_eq!(testing.begin(account, now).unwrap_err(), Busy::Running);
        let _other = testing.begin(other, now).unwrap();
        drop(first);
        for _ in 0..9 {
            drop(testing.begin(account, now).unwrap());
        }
        assert_eq!(testing.begin(account, now).unwrap_err(), Busy::TooMany);
        assert!(testing.begin(account, now + WINDOW).is_ok());
    }
}
