//! The owner of a key: remembered, or looked up.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::state::State;
use crate::state::known_keys::{Answer, LONGEST_LOOK_UP, LookUp, Remembered};
use crate::store::api_keys::{self, KeyOwner};
use crate::store::{self, Store};
use crate::token::TokenHash;

/// How long a caller waits for Postgres when an earlier answer is known.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a caller waits when no earlier answer is known.
const LONG_PATIENCE: Duration = Duration::from_secs(10);

/// Why a key's owner is unknown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unanswered {
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] Arc<store::Error>),
    /// The look-up takes longer than a caller waits.
    #[error("the database takes too long")]
    Late,
}

/// The owner of the key with this hash, as of at most a second ago. None: there is no such key.
///
/// While Postgres does not answer, its last answer holds for the grace period: callers do not notice that it is away (spec
/// 4.1). A slow database is not away: the look-up goes on after its caller was let through, and its answer holds for the next
/// caller.
///
/// # Errors
/// When the database does not answer, and no earlier answer of it can be relied on.
pub(super) async fn find(state: &State, hash: TokenHash) -> Result<Option<KeyOwner>, Unanswered> {
    let patience = match state.known_keys.get(&hash, Instant::now()) {
        Remembered::Fresh(owner) => return Ok(Some(owner)),
        Remembered::Ended => return Ok(None),
        Remembered::Stale(_) => PATIENCE,
        Remembered::Nothing => LONG_PATIENCE,
    };
    let look_up = look_up(state, hash);
    let answer = timeout(patience.saturating_sub(look_up.began.elapsed()), look_up.answer).await;
    let unanswered = match answer {
        Ok(Ok(owner)) => return Ok(owner),
        Ok(Err(error)) if error.is_unavailable() => Unanswered::Failed(error),
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => Unanswered::Late,
    };
    // Asked anew, because the key may have ended meanwhile.
    match state.known_keys.get(&hash, Instant::now()) {
        Remembered::Fresh(owner) | Remembered::Stale(owner) => Ok(Some(owner)),
        Remembered::Ended => Ok(None),
        Remembered::Nothing => Err(unanswered),
    }
}

/// One look-up for each key at a time.
#[expect(clippy::disallowed_methods, reason = "a stop need not wait for it: whoever waits for its answer does")]
fn look_up(state: &State, hash: TokenHash) -> LookUp {
    let (look_up, is_new) = state.known_keys.look_up(hash, Instant::now(), ask(state.store.clone(), hash));
    if is_new {
        tokio::spawn(look_up.answer.clone());
    }
    look_up
}

async fn ask(store: Store, hash: TokenHash) -> Answer {
    let asked = timeout(LONGEST_LOOK_UP, api_keys::find_owner(&store, &hash)).await;
    asked.unwrap_or_else(|_| Err(store::Error::lost(io::ErrorKind::TimedOut))).map_err(Arc::new)
}
