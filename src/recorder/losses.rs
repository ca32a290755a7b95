//! Completed requests that could not be recorded, counted by account until the database has recorded them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use metrics::counter;

use crate::id::AccountId;

#[derive(Debug, Default)]
pub(super) struct Losses {
    total: AtomicU64,
    /// Not yet recorded in the database.
    unrecorded: Mutex<HashMap<AccountId, u64>>,
}

impl Losses {
    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// A request of this account is lost.
    pub(super) fn add(&self, account: AccountId, reason: &str) {
        let lost = self.count(&[account]);
        tracing::error!(lost, %account, reason, "completed requests were lost");
    }

    /// Many requests are lost at once: one of an account for each time that it is named. One line of the log says so.
    pub(super) fn add_all(&self, accounts: &[AccountId], reason: &str) {
        let (lost, requests) = (self.count(accounts), accounts.len());
        tracing::error!(lost, requests, reason, "completed requests were lost");
    }

    fn count(&self, accounts: &[AccountId]) -> u64 {
        let requests = accounts.len() as u64;
        counter!("tracecast_recorder_lost_total").increment(requests);
        let mut unrecorded = self.lock();
        for account in accounts {
            *unrecorded.entry(*account).or_default() += 1;
        }
        self.total.fetch_add(requests, Ordering::Relaxed) + requests
    }

    /// Losses that the database has not recorded yet.
    pub(super) fn unrecorded(&self) -> Vec<(AccountId, u64)> {
        self.lock().iter().map(|(account, requests)| (*account, *requests)).collect()
    }

    /// Takes away losses that are recorded, or that a file keeps until they are.
    pub(super) fn remove(&self, losses: &[(AccountId, u64)]) {
        let mut unrecorded = self.lock();
        for (account, requests) in losses {
            if let Some(left) = unrecorded.get_mut(account) {
                *left = left.saturating_sub(*requests);
            }
        }
        unrecorded.retain(|_, left| *left > 0);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, u64>> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
