//! Answers that do not come to their end.

use super::failure::Failure;

/// The answer broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    Silent,
    /// The connection was lost, or the end is missing.
    Cut,
    /// It is compressed, and cannot be inflated.
    Unreadable,
}

impl From<&reqwest::Error> for Broken {
    fn from(error: &reqwest::Error) -> Self {
        if error.is_timeout() { Self::Silent } else { Self::Cut }
    }
}

impl Broken {
    pub(super) fn failure(self) -> Failure {
        match self {
            Self::Silent => Failure::timeout(),
            Self::Cut => Failure::interrupted(),
            Self::Unreadable => Failure::unreadable_encoding(),
        }
    }
}
