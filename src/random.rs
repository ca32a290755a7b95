//! Randomness, passed in: nothing else in the program asks the operating system for it.

use uuid::Uuid;

/// A source of cryptographic randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct Random;

/// The operating system gave no randomness. Nothing that needs a secret can go on.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness: {0}")]
pub struct Unavailable(getrandom::Error);

impl Random {
    /// `N` bytes that nobody can guess.
    ///
    /// # Errors
    /// When the operating system refuses, which no running Linux does.
    pub fn bytes<const N: usize>(self) -> Result<[u8; N], Unavailable> {
        let mut bytes = [0_u8; N];
        getrandom::fill(&mut bytes).map_err(Unavailable)?;
        Ok(bytes)
    }

    /// A time-ordered identifier (UUID version 7, RFC 9562) for a new row.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
    pub fn uuid(self) -> Uuid {
        Uuid::now_v7()
    }
}
