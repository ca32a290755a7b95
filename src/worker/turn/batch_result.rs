//! A batch that is back from the wire, and what became of its lease when it was acknowledged.

use super::health::Health;
use super::report::Report;
use crate::store::cursors::Progress;

/// A batch that is back from the wire, as it is acknowledged.
#[derive(Debug)]
pub(super) struct BatchResult {
    pub(super) report: Report,
    /// How far it brings its destination.
    pub(super) progress: Progress,
    /// Completed requests that were accepted, and have to be sent again.
    pub(super) sent_again: usize,
    /// With this batch taken in.
    pub(super) health: Health,
    /// Attempts in a row of which none was accepted, this one included.
    pub(super) attempt: u32,
    /// False: an earlier batch of the turn waits, so that this one cannot move the cursor.
    pub(super) is_in_order: bool,
    /// Whether the turn goes on.
    pub(super) keeps_lease: bool,
    /// Entries that are still to be built one by one.
    pub(super) one_by_one: i32,
}

/// What became of the lease when a batch was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeaseState {
    /// Another worker has it, or the destination is gone: nothing was recorded.
    Lost,
    /// All is recorded, and the settings are those of the lease.
    Held,
    /// All is recorded, and the settings have changed.
    Outdated,
    /// All is recorded, and the destination was switched off: nothing was accepted for too long.
    Disabled,
}
