//! What came of saving what needs no connection test.

/// The result of saving values that need no test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saving {
    Saved,
    /// Somebody else changed the destination meanwhile. Nothing was saved.
    Conflict,
    /// There is no such destination (any more).
    Gone,
}
