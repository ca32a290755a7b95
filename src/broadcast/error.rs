//! Why Broadcast's settings were not changed.

use crate::destination::FieldErrors;
use crate::destination::selection::Mistakes;
use crate::state::testing::Busy;
use crate::{random, store};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Mistakes that the person can correct.
    #[error("{0}")]
    Invalid(#[from] FieldErrors),
    /// Mistakes in rules that the person can correct.
    #[error("{0}")]
    Misruled(#[from] Mistakes),
    /// Another test of this account is running, or there were too many.
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is no randomness for a seal.
    #[error(transparent)]
    Random(#[from] random::Unavailable),
}

impl Error {
    /// Whether the database is away.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }
}
