//! Who may use the program: sign-up, sign-in, sessions, members and API keys.

pub mod account;
pub mod api_keys;
pub mod confirmation;
pub mod content;
pub mod email;
pub mod hashing;
pub mod members;
pub mod password_reset;
pub mod second_factor;
pub mod session;
pub mod sign_in;
pub mod sign_up;
mod throttling;

use std::time::Duration;

use crate::confusables::{is_joiner, is_misleading};
use crate::destination::FieldErrors;
use crate::{random, seal, store};

pub use self::email::Email;
pub use self::session::SignedIn;

/// Why a flow did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Mistakes that the person can correct.
    #[error("{0}")]
    Invalid(#[from] FieldErrors),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is no randomness for a token.
    #[error(transparent)]
    Random(#[from] random::Unavailable),
    /// A password could not be hashed.
    #[error(transparent)]
    Hash(#[from] crate::password::HashError),
    /// A stored secret does not open: the keyring changed.
    #[error(transparent)]
    Sealed(#[from] seal::OpenError),
    /// Too many attempts for this name or from this address. This one was not checked.
    #[error("too many attempts")]
    Throttled {
        /// Time until the next attempt is checked.
        wait: Duration,
    },
    #[error("the program is stopping")]
    Stopping,
}

impl Error {
    /// Whether the database is away.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }

    /// A single mistake of a person.
    pub fn at(field: &'static str, sentence: &str) -> Self {
        Self::Invalid(FieldErrors::one(field, sentence))
    }
}

/// A name for an account, a key or a destination: one line of 1 to 100 characters.
///
/// # Errors
/// A sentence that says what to change.
pub fn parse_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    if name.chars().all(is_joiner) {
        return Err("Enter a name.");
    }
    if name.chars().count() > 100 {
        return Err("Use at most 100 characters.");
    }
    if name.chars().any(|character| character.is_control() || is_misleading(character)) {
        return Err("Use one line of plain text, without control characters and characters that nobody sees.");
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_looks_like_another_by_characters_that_nobody_sees() {
        for trick in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{2028}", "\u{3164}", "\u{e0041}"] {
            assert!(parse_name(&format!("Ac{trick}me")).is_err(), "{trick:?}");
            assert!(Email::parse(&format!("ada{trick}@example.com")).is_err(), "{trick:?}");
        }
        assert!(Email::parse("ada\u{200d}@example.com").is_err());
        assert!(parse_name("\u{200d}").is_err());
    }

    #[test]
    fn names_of_all_scripts_are_taken() {
        for name in ["Ацме", "株式会社", "شرکت می\u{200c}خواهم", "👩\u{200d}💻", "Müller & Söhne", "עברית"]
        {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
    }
}
