//! Remembers which account an API key belongs to, so that the gateway need not ask for each request.
//!
//! A key that was revoked may live on for a second (spec 3.1), and callers must not notice that Postgres is away (4.1). So what
//! is remembered holds without a question for less than a second. After that Postgres is asked, and while it takes its time, what
//! it said last holds: until it answers, until it tells that the key has ended, or until nothing was heard of it for the grace.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

use crate::id::ApiKeyId;
use crate::store;
use crate::store::api_keys::KeyOwner;
use crate::token::TokenHash;

/// How long an answer is as good as a new one.
const LIFETIME: Duration = Duration::from_millis(900);
/// How long it is remembered that a key has ended: until no answer is under way that was given before.
const FAREWELL: Duration = LONGEST_LOOK_UP.saturating_mul(2);
/// Keys remembered at the same time; beyond it the memory starts anew.
const CAPACITY: usize = 10_000;

/// A look-up without an answer for so long is given up: its connection may be dead without knowing it.
pub const LONGEST_LOOK_UP: Duration = Duration::from_secs(30);

/// What Postgres said of a key: whose it is, or that it is nobody's. Or why it did not.
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
    /// Keys that ended lately, and when that was heard.
    ended: HashMap<ApiKeyId, Instant>,
    /// The same for keys that had opened a door here: they need not be asked for, and Postgres may be slow.
    refused: HashMap<TokenHash, Instant>,
    listening: Option<Listening>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    owner: KeyOwner,
    /// The key had not ended then. When the question was sent, because the answer may be as old as that.
    confirmed: Instant,
    /// Until then Postgres need not be asked.
    fresh_until: Instant,
}

/// A connection on which Postgres tells of every key that ends.
#[derive(Debug, Clone, Copy)]
struct Listening {
    /// What ended since then is told.
    since: Instant,
    /// What ended until then was told.
    heard: Instant,
}

/// A question about a key that is under way; it goes on when nobody waits for it. Clones wait for the same answer.
#[derive(Debug, Clone)]
pub struct LookUp {
    /// When it was asked.
    pub began: Instant,
    /// What comes of it.
    pub answer: Shared<BoxFuture<'static, Answer>>,
}

/// What is remembered of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// It need not be asked for.
    Fresh(KeyOwner),
    /// It holds as long as Postgres gives no answer.
    Stale(KeyOwner),
    /// It opened doors here, and has ended: no key comes back.
    Ended,
    /// Nothing.
    Nothing,
}

impl KnownKeys {
    /// `grace`: how long a key is believed while nothing is heard of Postgres.
    pub fn new(grace: Duration) -> Self {
        Self { grace, memory: Arc::default() }
    }

    /// What is remembered now.
    pub fn get(&self, hash: &TokenHash, now: Instant) -> Remembered {
        let memory = self.lock();
        if memory.refused.get(hash).is_some_and(|heard| now.saturating_duration_since(*heard) < FAREWELL) {
            return Remembered::Ended;
        }
        let Some(known) = memory.keys.get(hash) else { return Remembered::Nothing };
        let silence = now.saturating_duration_since(last_word(known, memory.listening));
        if silence >= self.grace.max(LIFETIME) {
            Remembered::Nothing
        } else if now < known.fresh_until {
            Remembered::Fresh(known.owner)
        } else {
            Remembered::Stale(known.owner)
        }
    }

    /// The look-up of this key that is under way, or else a new one, which asks Postgres by `ask`; and whether it is new: then
    /// whoever called has to see to it that its answer is waited for to the end.
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

    /// A look-up that began at `asked` has ended. What counts of its answer.
    ///
    /// Of a key that ended meanwhile it may say what was true before. And when all is asked anew, an older look-up has nothing
    /// more to say.
    fn answered(&self, hash: &TokenHash, asked: Instant, answer: Answer, now: Instant) -> Answer {
        let mut memory = self.lock();
        let counts = memory.look_ups.get(hash).is_some_and(|look_up| look_up.began == asked);
        if counts {
            memory.look_ups.remove(hash);
        }
        let answer = answer.map(|owner| owner.filter(|owner| !memory.ended.contains_key(&owner.key)));
        match &answer {
            Ok(Some(owner)) if counts => memory.put(*hash, *owner, asked),
            Ok(None) => memory.refuse(|known, _| known == hash, now),
            Err(_) if counts => memory.postpone(hash, now),
            Ok(Some(_)) | Err(_) => {}
        }
        answer
    }

    /// A key was revoked, or its account deleted: from now on it opens nothing.
    pub fn end(&self, key: ApiKeyId, now: Instant) {
        let mut memory = self.lock();
        memory.refuse(|_, known| known.owner.key == key, now);
        memory.ended.retain(|_, ended| now.saturating_duration_since(*ended) < FAREWELL);
        memory.ended.insert(key, now);
    }

    /// From now on Postgres tells of every key that ends. What ended before may not have been told: everything is asked anew.
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

    /// Postgres is there, and has told of every key that ended before `asked`.
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

    /// Keys that were let in have ended.
    fn refuse(&mut self, has_ended: impl Fn(&TokenHash, &Known) -> bool, now: Instant) {
        self.refused.retain(|_, heard| now.saturating_duration_since(*heard) < FAREWELL);
        for (hash, _) in self.keys.extract_if(|hash, known| has_ended(hash, known)) {
            self.refused.insert(hash, now);
        }
    }

    /// Postgres gave no answer: it need not be asked again at once.
    fn postpone(&mut self, hash: &TokenHash, now: Instant) {
        if let Some(known) = self.keys.get_mut(hash) {
            known.fresh_until = now + LIFETIME;
        }
    }
}

/// When Postgres last said, by an answer or by its silence on a connection that is alive, that the key goes on.
fn last_word(known: &Known, listening: Option<Listening>) -> Instant {
    match listening {
        Some(listening) if known.confirmed >= listening.since => known.confirmed.max(listening.heard),
        _ => known.confirmed,
    }
}

#[cfg(test)]
mod tests;
