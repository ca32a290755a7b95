//! The memory that requests in flight may hold, in all and for one key (spec 5.5): their bodies, as received and as passed on,
//! and the answers that are kept whole.
//!
//! Memory is taken as bytes arrive, because a client that wants to hold much announces little. It is given back when its room
//! is dropped. No request waits for memory: a waiting request holds a connection, and a caller knows better when to come again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{counter, gauge};

use crate::config::LEAST_BODY_BUDGET;
use crate::id::{AccountId, ApiKeyId};

/// Most bytes of a body: room for a long conversation with some images in it.
pub const MOST_OF_ONE: usize = 20 * 1024 * 1024;
/// The room of the largest body: as received, and as passed on, which may be a little longer.
const WHOLE_OF_ONE: usize = 2 * (MOST_OF_ONE + STEP);
const _: () = assert!(WHOLE_OF_ONE < LEAST_BODY_BUDGET);

/// The share of one key in the budget: four keys of different accounts have to work together to shut others out.
const KEY_SHARE: usize = 4;
/// Shares of a key that all keys of one account have together, because an account makes keys as it likes.
const KEYS_OF_ACCOUNT: usize = 2;

/// The first capacity of a buffer. Most bodies fit.
const FIRST: usize = 16 * 1024;
/// A buffer that grows longer is made [`LARGE`].
const SMALL: usize = 1024 * 1024;
/// Room that one body may never fill: more than glibc ever serves from its heaps (32 MiB). A buffer of this capacity is taken from
/// the system, costs nothing where nothing is written, is never copied because it grows, and goes back to the system at once.
/// Buffers that doubled made the process several times as large as what they held.
const LARGE: usize = 33 * 1024 * 1024;
/// A large buffer takes memory in steps of this size, the size of a huge page.
const STEP: usize = 2 * 1024 * 1024;

/// The budget. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub struct Bodies(Arc<Ledger>);

#[derive(Debug)]
struct Ledger {
    budget: usize,
    of_key: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<Holder, usize>,
}

/// Holders of memory. [`Taken`] has an entry for each that holds any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Account(AccountId),
    Key(ApiKeyId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The key, or its account, holds its share.
    Share,
    /// All requests together hold the server's budget.
    Server,
}

/// The memory that one body holds. Dropping it gives it back.
#[derive(Debug)]
pub struct Room {
    bodies: Bodies,
    holders: [Holder; 2],
    bytes: usize,
}

impl Bodies {
    /// `budget`: bytes that all requests in flight may hold.
    pub fn new(budget: usize) -> Self {
        let of_key = (budget / KEY_SHARE).max(WHOLE_OF_ONE);
        Self(Arc::new(Ledger { budget, of_key, taken: Mutex::default() }))
    }

    /// Room for a body of this key, with nothing in it yet.
    pub fn room(&self, account: AccountId, key: ApiKeyId) -> Room {
        Room { bodies: self.clone(), holders: [Holder::Account(account), Holder::Key(key)], bytes: 0 }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether so many more bytes would fit.
    fn check(&self, taken: &Taken, holders: &[Holder], more: usize) -> Result<(), Full> {
        let fits = |holder: &Holder| {
            let most = match holder {
                Holder::Account(_) => self.0.of_key.saturating_mul(KEYS_OF_ACCOUNT),
                Holder::Key(_) => self.0.of_key,
            };
            taken.of.get(holder).copied().unwrap_or_default().saturating_add(more) <= most
        };
        if !holders.iter().all(fits) {
            return Err(Full::Share);
        }
        if taken.all.saturating_add(more) <= self.0.budget { Ok(()) } else { Err(Full::Server) }
    }
}

impl Taken {
    fn add(&mut self, holders: &[Holder], bytes: usize) {
        self.all += bytes;
        for holder in holders {
            *self.of.entry(*holder).or_default() += bytes;
        }
        tell(self.all);
    }

    fn remove(&mut self, holders: &[Holder], bytes: usize) {
        self.all -= bytes;
        for holder in holders {
            if let Entry::Occupied(mut held) = self.of.entry(*holder) {
                *held.get_mut() -= bytes;
                if *held.get() == 0 {
                    held.remove();
                }
            }
        }
        tell(self.all);
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 bytes of memory")]
fn tell(all: usize) {
    gauge!("tracecast_bodies_bytes").set(all as f64);
}

impl Room {
    /// More room of the same key, with nothing in it yet.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { bodies: self.bodies.clone(), bytes: 0, ..*self }
    }

    /// Whether a body of this length would fit now. Nothing is taken: an announced body may never come.
    ///
    /// # Errors
    /// When the body would not fit.
    pub fn fits(&self, length: usize) -> Result<(), Full> {
        let more = length.saturating_sub(self.bytes);
        self.bodies.check(&self.bodies.taken(), &self.holders, more).inspect_err(|full| full.count())
    }

    /// Holds so many bytes from now on. Holding fewer always succeeds.
    ///
    /// # Errors
    /// When there is no room for them. The room then stays as it was.
    pub fn resize(&mut self, bytes: usize) -> Result<(), Full> {
        let bytes = resident(bytes);
        if bytes > self.bytes {
            let more = bytes - self.bytes;
            let mut taken = self.bodies.taken();
            self.bodies.check(&taken, &self.holders, more).inspect_err(|full| full.count())?;
            taken.add(&self.holders, more);
        } else if bytes < self.bytes {
            self.bodies.taken().remove(&self.holders, self.bytes - bytes);
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Adds to a buffer whose memory is this room's, first to the room, then to the buffer. A small buffer doubles, but not beyond
    /// `most`: the bytes that are expected.
    ///
    /// # Errors
    /// When there is no room for more.
    pub fn extend(&mut self, buffer: &mut Vec<u8>, more: &[u8], most: usize) -> Result<(), Full> {
        let needed = buffer.len() + more.len();
        let mut capacity = buffer.capacity();
        if needed > capacity {
            capacity = self::capacity((2 * capacity).max(FIRST).min(most).max(needed));
        }
        self.resize(if capacity < LARGE { capacity } else { needed })?;
        buffer.try_reserve_exact(capacity - buffer.len()).map_err(|_| Full::Server)?;
        buffer.extend_from_slice(more);
        Ok(())
    }

    /// Gives back what a complete buffer does not need.
    pub fn fit(&mut self, buffer: &mut Vec<u8>) {
        if buffer.capacity() < LARGE {
            buffer.shrink_to_fit();
            // Never more than before, so that it cannot fail.
            let _ = self.resize(buffer.capacity().min(self.bytes));
        }
    }
}

/// The capacity of a buffer for so many bytes that counts in some [`Room`].
pub fn capacity(bytes: usize) -> usize {
    if bytes <= SMALL { bytes } else { bytes.max(LARGE) }
}

/// The memory that so many bytes take.
fn resident(bytes: usize) -> usize {
    if bytes <= SMALL { bytes } else { bytes.checked_next_multiple_of(STEP).unwrap_or(bytes) }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.resize(0);
    }
}

impl Full {
    fn count(self) {
        let limit = match self {
            Self::Share => "share",
            Self::Server => "server",
        };
        counter!("tracecast_bodies_refused_total", "limit" => limit).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const MIB: usize = 1024 * 1024;

    fn room(bodies: &Bodies, account: u128, key: u128) -> Room {
        bodies.room(AccountId(Uuid::from_u128(account)), ApiKeyId(Uuid::from_u128(key)))
    }

    #[test]
    fn a_key_has_a_quarter_its_account_a_half_and_all_have_the_whole() {
        let bodies = Bodies::new(256 * MIB);
        let mut rooms: Vec<Room> = [(1, 1), (1, 2), (2, 3), (3, 4)].map(|(of, key)| room(&bodies, of, key)).into();
        for room in &mut rooms {
            assert_eq!(room.resize(64 * MIB + 1), Err(Full::Share));
            room.resize(64 * MIB).unwrap();
            assert_eq!(room.another().fits(1), Err(Full::Share));
        }
        assert_eq!(room(&bodies, 1, 5).resize(1), Err(Full::Share), "the account has two keys' shares");
        assert_eq!(room(&bodies, 4, 6).resize(1), Err(Full::Server));
        rooms.pop();
        room(&bodies, 4, 6).resize(64 * MIB).unwrap();
    }

    #[test]
    fn what_is_dropped_is_given_back_and_nobody_is_remembered() {
        let bodies = Bodies::new(64 * MIB);
        let counted = || {
            let taken = bodies.taken();
            (taken.all, taken.of.len())
        };
        let mut held = room(&bodies, 1, 1);
        held.resize(10).unwrap();
        held.resize(4).unwrap();
        assert_eq!(counted(), (4, 2));
        assert_eq!(held.resize(usize::MAX), Err(Full::Share));
        assert_eq!(counted(), (4, 2));
        drop(held);
        assert_eq!(counted(), (0, 0));
    }

    #[test]
    fn the_smallest_budget_takes_the_largest_body_and_leaves_room_for_others() {
        let bodies = Bodies::new(LEAST_BODY_BUDGET);
        let mut largest = room(&bodies, 1, 1);
        largest.resize(WHOLE_OF_ONE).unwrap();
        room(&bodies, 2, 2).resize(MOST_OF_ONE).unwrap();
    }

    #[test]
    fn a_buffer_holds_no_more_than_its_room_and_a_long_one_is_never_moved() {
        let bodies = Bodies::new(64 * MIB);
        let mut held = room(&bodies, 1, 1);
        let (mut buffer, mut places) = (Vec::new(), std::collections::BTreeSet::new());
        for _ in 0..15_000 {
            held.extend(&mut buffer, &[7; 1_000], MOST_OF_ONE).unwrap();
            assert!(buffer.len() <= held.bytes && held.bytes <= (2 * buffer.len()).max(FIRST) + STEP, "{}", held.bytes);
            if buffer.len() > SMALL {
                places.insert(buffer.as_ptr());
            }
        }
        held.fit(&mut buffer);
        assert_eq!((buffer.len(), held.bytes, places.len()), (15_000_000, 16 * MIB, 1));

        let mut short = Vec::new();
        held.extend(&mut short, b"short", MOST_OF_ONE).unwrap();
        held.fit(&mut short);
        assert_eq!(held.bytes, short.capacity());
    }
}
