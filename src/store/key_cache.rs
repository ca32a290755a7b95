//! Remembers for a second which account an API key belongs to, so that the gateway need not ask for each request.
//!
//! A second is how long a revoked key may live on (spec 3.1).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::api_keys::KeyOwner;
use crate::token::TokenHash;

const LIFETIME: Duration = Duration::from_millis(900);
/// Keys remembered at the same time; beyond it the cache starts anew.
const CAPACITY: usize = 10_000;

/// Cheap to clone; clones share their memory.
#[derive(Debug, Clone, Default)]
pub struct KeyCache(Arc<Mutex<HashMap<TokenHash, (Instant, KeyOwner)>>>);

impl KeyCache {
    pub(super) fn get(&self, hash: &TokenHash) -> Option<KeyOwner> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(hash).filter(|(since, _)| since.elapsed() < LIFETIME).map(|(_, owner)| *owner)
    }

    /// `asked_at`: when the question was sent, because the answer may be as old as that.
    pub(super) fn put(&self, hash: TokenHash, asked_at: Instant, owner: KeyOwner) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= CAPACITY {
            keys.clear();
        }
        keys.insert(hash, (asked_at, owner));
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
