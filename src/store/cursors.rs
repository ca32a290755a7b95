//! Table `cursors`: how far each reader of the log has come, and which worker serves it (spec 4.2).
//!
//! A destination has one live cursor, which follows the log, and may have replays: cursors over a range that ends.

mod acknowledge;
mod lag;
mod lease;
mod liveness;
mod replay;

pub use self::acknowledge::{Acknowledgement, LeaseState, acknowledge};
pub use self::lag::{HealthCount, Lag, MOST_COUNTED, count_by_health, find_lag};
pub use self::lease::{Lease, Reads, Ready, is_current, lease_ready, list_held_back, record_poison, renew};
pub use self::liveness::Liveness;
pub use self::replay::create_replay;
use crate::id::{AccountId, CursorId, DestinationId};

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
