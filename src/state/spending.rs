//! What accounts have spent, kept for a minute: to find it out means to read the account's log. The threads of the web server share
//! it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::id::AccountId;
use crate::store::Result;
use crate::store::log::SpentByKey;

const REMEMBERED: Duration = Duration::from_mins(1);
/// Accounts that are remembered.
const ACCOUNTS: usize = 10_000;

/// Cheap to clone; clones share what they know.
#[derive(Debug, Clone, Default)]
pub struct Spending(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    known: RwLock<HashMap<AccountId, Known>>,
    /// One log is read at a time, so that this holds one connection to Postgres at most.
    reading: Mutex<()>,
}

#[derive(Debug)]
struct Known {
    at: Instant,
    by_key: Arc<[SpentByKey]>,
}

impl Spending {
    /// What an account has spent, by key, as of at most a minute ago.
    ///
    /// # Errors
    /// Those of `read`. Nothing is remembered then.
    pub async fn of(
        &self,
        account: AccountId,
        read: impl AsyncFnOnce() -> Result<Vec<SpentByKey>>,
    ) -> Result<Arc<[SpentByKey]>> {
        if let Some(by_key) = self.known(account) {
            return Ok(by_key);
        }
        let _turn = self.0.reading.lock().await;
        // Somebody else may have read it while this caller waited.
        if let Some(by_key) = self.known(account) {
            return Ok(by_key);
        }
        let by_key = Arc::<[SpentByKey]>::from(read().await?);
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ACCOUNTS {
            known.clear();
        }
        known.insert(account, Known { at: Instant::now(), by_key: by_key.clone() });
        Ok(by_key)
    }

    fn known(&self, account: AccountId) -> Option<Arc<[SpentByKey]>> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&account).filter(|known| known.at.elapsed() < REMEMBERED)?;
        Some(known.by_key.clone())
    }
}
