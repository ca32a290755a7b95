//! Remembers for a second which account an API key belongs to, so that the gateway need not ask for each request.
//!
//! A second is how long a revoked key may live on (spec 3.1). Only while Postgres gives no answer are keys believed for
//! longer: callers must not notice that it is away (spec 4.1), and nobody can revoke a key then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::api_keys::KeyOwner;
use crate::token::TokenHash;

const LIFETIME: Duration = Duration::from_millis(900);
/// How long a key is believed that Postgres confirmed once and gives no answer about now.
const MEMORY: Duration = Duration::from_hours(1);
/// Keys remembered at the same time; beyond it the cache starts anew.
const CAPACITY: usize = 10_000;

/// Cheap to clone; clones share their memory.
#[derive(Debug, Clone, Default)]
pub struct KeyCache(Arc<Mutex<HashMap<TokenHash, Known>>>);

#[derive(Debug, Clone, Copy)]
struct Known {
    owner: KeyOwner,
    /// Postgres said so. When the question was sent, because the answer may be as old as that.
    confirmed: Instant,
    /// Postgres was asked last, with or without an answer.
    asked: Instant,
}

/// What is remembered of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remembered {
    /// It need not be asked for.
    Fresh(KeyOwner),
    /// It holds if Postgres gives no answer.
    Stale(KeyOwner),
    /// Nothing.
    Nothing,
}

impl KeyCache {
    pub(super) fn get(&self, hash: &TokenHash, now: Instant) -> Remembered {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |since: Instant| now.saturating_duration_since(since);
        match keys.get(hash) {
            Some(known) if age(known.confirmed) >= MEMORY => Remembered::Nothing,
            Some(known) if age(known.asked) < LIFETIME => Remembered::Fresh(known.owner),
            Some(known) => Remembered::Stale(known.owner),
            None => Remembered::Nothing,
        }
    }

    /// Postgres named the owner, or said that there is none.
    pub(super) fn put(&self, hash: TokenHash, asked: Instant, owner: Option<KeyOwner>) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(owner) = owner else {
            keys.remove(&hash);
            return;
        };
        if keys.len() >= CAPACITY {
            keys.clear();
        }
        keys.insert(hash, Known { owner, confirmed: asked, asked });
    }

    /// Postgres gave no answer: it need not be asked again at once.
    pub(super) fn postpone(&self, hash: &TokenHash, asked: Instant) {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(hash) {
            known.asked = asked;
        }
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{AccountId, ApiKeyId};
    use crate::random::Random;
    use crate::token::{ApiKey, ApiKeyType};

    #[test]
    fn a_key_is_believed_for_a_second_and_longer_only_while_there_is_no_answer() {
        let (cache, begin) = (KeyCache::default(), Instant::now());
        let hash = ApiKey::new(ApiKeyType::Inference, Random).unwrap().hash();
        let owner = KeyOwner { account: AccountId(Uuid::from_u128(1)), key: ApiKeyId(Uuid::from_u128(2)) };
        let after = |seconds: u64| begin + Duration::from_secs(seconds);
        assert_eq!(cache.get(&hash, begin), Remembered::Nothing);
        cache.put(hash, begin, Some(owner));
        assert_eq!(cache.get(&hash, begin + Duration::from_millis(899)), Remembered::Fresh(owner));
        assert_eq!(cache.get(&hash, after(1)), Remembered::Stale(owner));
        cache.postpone(&hash, after(1));
        assert_eq!(cache.get(&hash, after(1)), Remembered::Fresh(owner));
        assert_eq!(cache.get(&hash, after(2)), Remembered::Stale(owner));
        cache.postpone(&hash, after(3_600));
        assert_eq!(cache.get(&hash, after(3_600)), Remembered::Nothing, "an hour after it was confirmed");
        cache.put(hash, begin, None);
        assert_eq!(cache.get(&hash, begin), Remembered::Nothing, "it was revoked");
    }
}
