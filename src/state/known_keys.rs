//! Remembers which account an API key belongs to, so that the gateway need not look it up for each request.
//!
//! A revoked key may live on for a second (spec 3.1), and callers must not notice that Postgres is away (4.1). So an answer
//! holds without a look-up for less than a second. After that Postgres is asked again. Until it answers, its last answer holds:
//! until a notification says that the key has ended, or until Postgres was silent for the grace period.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

use crate::id::ApiKeyId;
use crate::store;
use crate::store::api_keys::KeyOwner;
use crate::token::TokenHash;

/// How long an answer is used without a new look-up.
const LIFETIME: Duration = Duration::from_millis(900);
/// How long an ended key is remembered: until no look-up from before its end is under way.
const FAREWELL: Duration = LONGEST_LOOK_UP.saturating_mul(2);
/// Keys remembered at the same time. Beyond it the memory starts anew.
const CAPACITY: usize = 10_000;

/// A look-up without an answer for so long is given up: its connection may be dead without knowing it.
pub const LONGEST_LOOK_UP: Duration = Duration::from_secs(30);

/// Postgres' answer about a key: its owner, or that there is no such key. Or why there is no answer.
pub type Answer = Result<Option<KeyOwner>, Arc<store::Error>>;

/// Cheap to clone; clones share their memory.
#[derive(Debug, Clone)]
pub struct KnownKeys {
    grace: Duration,
    memory: Arc<Mutex<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    keys: HashMap<TokenHash, Known>,
    look_ups: HashMap<TokenHash, LookUp>,
    /// Keys that ended lately, and when the notification arrived.
    ended: HashMap<ApiKeyId, Instant>,
    /// Ended keys that had been accepted here. They are refused without a look-up, even when Postgres is slow.
    refused: HashMap<TokenHash, Refused>,
    listening: Option<Listening>,
}

#[derive(Debug, Clone, Copy)]
struct Refused {
    key: ApiKeyId,
    /// When the notification arrived.
    heard: Instant,
}

#[derive(Debug, Clone)]
struct Known {
    owner: KeyOwner,
    /// When the look-up was sent that last found the key unended: the answer may be as old as that.
    confirmed: Instant,
    /// Until then no look-up is needed.
    fresh_until: Instant,
}

/// A connection on which Postgres notifies of every key that ends.
#[derive(Debug, Clone, Copy)]
struct Listening {
    /// Every key that ended since then is notified.
    since: Instant,
    /// Every key that ended until then has been notified.
    heard: Instant,
}

/// A look-up that is under way. It goes on when no caller waits for it. Clones wait for the same answer.
#[derive(Debug, Clone)]
pub struct LookUp {
    /// When the look-up was sent.
    pub began: Instant,
    pub answer: Shared<BoxFuture<'static, Answer>>,
}

/// The memory's answer about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remembered {
    /// No look-up is needed.
    Fresh(KeyOwner),
    /// Holds as long as Postgres gives no answer.
    Stale(KeyOwner),
    /// The key was accepted here, and has ended.
    Ended,
    Nothing,
}

impl KnownKeys {
    /// `grace`: how long a key is accepted while Postgres is silent.
    pub fn new(grace: Duration) -> Self {
        Self { grace, memory: Arc::default() }
    }

    pub fn get(&self, hash: &TokenHash, now: Instant) -> Remembered {
        let memory = self.lock();
        if memory.refused.get(hash).is_some_and(|refused| is_recent(refused.heard, now)) {
            return Remembered::Ended;
        }
        let Some(known) = memory.keys.get(hash) else { return Remembered::Nothing };
        let silence = now.saturating_duration_since(last_word(known, memory.listening));
        if silence >= self.grace.max(LIFETIME) {
            Remembered::Nothing
        } else if now < known.fresh_until {
            Remembered::Fresh(known.owner.clone())
        } else {
            Remembered::Stale(known.owner.clone())
        }
    }

    /// The look-up of this key that is under way, or else a new one, which asks Postgres by `ask`; and whether it is new. The
    /// caller of a new look-up has to see that its answer is awaited to the end.
    pub fn look_up(
        &self,
        hash: TokenHash,
        now: Instant,
        ask: impl Future<Output = Answer> + Send + 'static,
    ) -> (LookUp, bool) {
        let mut memory = self.lock();
        if let Some(under_way) = memory.look_ups.get(&hash) {
            return (under_way.clone(), false);
        }
        let known_keys = self.clone();
        let answer = async move {
            let answer = ask.await;
            known_keys.answered(&hash, now, answer, Instant::now())
        };
        let look_up = LookUp { began: now, answer: answer.boxed().shared() };
        memory.look_ups.insert(hash, look_up.clone());
        (look_up, true)
    }

    /// Takes in the answer of the look-up that began at `asked`, and gives the part of it that counts.
    ///
    /// About a key that ended meanwhile, the answer may be out of date. When all keys have to be looked up anew, the answer of
    /// an older look-up is ignored.
    fn answered(&self, hash: &TokenHash, asked: Instant, answer: Answer, now: Instant) -> Answer {
        let mut memory = self.lock();
        let counts = memory.look_ups.get(hash).is_some_and(|look_up| look_up.began == asked);
        if counts {
            memory.look_ups.remove(hash);
        }
        let has_ended = |key: &ApiKeyId| memory.ended.get(key).is_some_and(|ended| is_recent(*ended, now));
        let answer = answer.map(|owner| owner.filter(|owner| !has_ended(&owner.key)));
        match &answer {
            Ok(Some(owner)) if counts => memory.put(*hash, owner.clone(), asked),
            Ok(None) => memory.refuse(|known, _| known == hash, now),
            Err(_) if counts => memory.postpone(hash, now),
            Ok(Some(_)) | Err(_) => {}
        }
        answer
    }

    /// A key that was disabled lets in again: Postgres is asked for it anew.
    pub fn enable(&self, key: ApiKeyId) {
        let mut memory = self.lock();
        memory.ended.remove(&key);
        memory.refused.retain(|_, refused| refused.key != key);
    }

    /// A key was revoked or disabled, or its account deleted: from now on it is refused.
    pub fn end(&self, key: ApiKeyId, now: Instant) {
        let mut memory = self.lock();
        memory.refuse(|_, known| known.owner.key == key, now);
        memory.ended.retain(|_, ended| is_recent(*ended, now));
        memory.ended.insert(key, now);
    }

    /// From now on Postgres notifies of every key that ends. Earlier ends may have been missed, so every key is looked up anew.
    pub fn listens(&self, now: Instant) {
        let mut memory = self.lock();
        let Memory { keys, listening, .. } = &mut *memory;
        for known in keys.values_mut() {
            known.confirmed = last_word(known, *listening);
            known.fresh_until = now;
        }
        memory.look_ups.clear();
        memory.listening = Some(Listening { since: now, heard: now });
    }

    /// Postgres is there, and has notified of every key that ended before `asked`.
    pub fn hears(&self, asked: Instant) {
        if let Some(listening) = &mut self.lock().listening {
            listening.heard = asked;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn put(&mut self, hash: TokenHash, owner: KeyOwner, asked: Instant) {
        if self.keys.len() >= CAPACITY {
            self.keys.clear();
        }
        self.keys.insert(hash, Known { owner, confirmed: asked, fresh_until: asked + LIFETIME });
    }

    /// Refuses accepted keys that have ended.
    fn refuse(&mut self, has_ended: impl Fn(&TokenHash, &Known) -> bool, now: Instant) {
        self.refused.retain(|_, refused| is_recent(refused.heard, now));
        for (hash, known) in self.keys.extract_if(|hash, known| has_ended(hash, known)) {
            self.refused.insert(hash, Refused { key: known.owner.key, heard: now });
        }
    }

    /// Postgres gave no answer. It is not asked again at once.
    fn postpone(&mut self, hash: &TokenHash, now: Instant) {
        if let Some(known) = self.keys.get_mut(hash) {
            known.fresh_until = now + LIFETIME;
        }
    }
}

/// Whether an end is so recent that it has to be remembered.
fn is_recent(heard: Instant, now: Instant) -> bool {
    now.saturating_duration_since(heard) < FAREWELL
}

/// The last time at which Postgres confirmed the key: by an answer, or by silence on a connection that is alive.
fn last_word(known: &Known, listening: Option<Listening>) -> Instant {
    match listening {
        Some(listening) if known.confirmed >= listening.since => known.confirmed.max(listening.heard),
        _ => known.confirmed,
    }
}

#[cfg(test)]
mod tests;
