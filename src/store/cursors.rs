//! Table `cursors`: how far each reader of the log has come, and which worker serves it (spec 4.2).
//!
//! A destination has one live cursor, which follows the log, and may have replays: cursors over a range that ends.

mod acknowledge;
mod lag;
mod lease;
mod replay;

use sqlx::PgConnection;

pub use self::acknowledge::{Acknowledged, Acknowledgement, Progress, acknowledge};
pub use self::lag::{HealthCount, Lag, MOST_COUNTED, count_by_health, find_lag};
pub use self::lease::{Current, Lease, Ready, find_current, lease_ready, list_held_back, record_poison, renew};
pub use self::replay::create_replay;
use super::Result;
use crate::id::{AccountId, CursorId, DestinationId};

/// First half of the advisory lock that a worker's session holds while it lives; the second is its number. ("tc")
pub const LIVENESS_LOCK_CLASS: i32 = 29795;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub account: AccountId,
    pub destination: DestinationId,
}

/// Names one lease of one cursor. It includes the worker because a crash of Postgres that loses its last commits lets lease
/// numbers come again. Worker numbers do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    pub account: AccountId,
    pub cursor: CursorId,
    pub worker: i32,
    /// The lease's number.
    pub lease: i64,
}

/// Takes the liveness lock of a worker's number. Its connection must be kept. False: another session holds the lock.
pub async fn lock_liveness(connection: &mut PgConnection, worker: i32) -> Result<bool> {
    let locked =
        sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1, $2) AS "locked!""#, LIVENESS_LOCK_CLASS, worker);
    Ok(locked.fetch_one(connection).await?)
}
