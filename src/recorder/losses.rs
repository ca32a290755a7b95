//! Completed requests that could not be recorded, counted by account until they can be told to the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use metrics::counter;

use crate::id::AccountId;

/// What was lost.
#[derive(Debug, Default)]
pub(super) struct Losses {
    total: AtomicU64,
    /// Not yet told to the database.
    untold: Mutex<HashMap<AccountId, u64>>,
}

impl Losses {
    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, account: AccountId, requests: u64, reason: &str) {
        let lost = self.total.fetch_add(requests, Ordering::Relaxed) + requests;
        counter!("tracecast_recorder_lost_total").increment(requests);
        *self.lock().entry(account).or_default() += requests;
        tracing::error!(lost, %account, reason, "completed requests were lost");
    }

    /// Takes what the database has not been told yet; [`Self::put_back`] if it could not be.
    pub(super) fn take(&self) -> Vec<(AccountId, u64)> {
        self.lock().drain().collect()
    }

    pub(super) fn put_back(&self, losses: &[(AccountId, u64)]) {
        let mut untold = self.lock();
        for (account, requests) in losses {
            *untold.entry(*account).or_default() += requests;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, u64>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
