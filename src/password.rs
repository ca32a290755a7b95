//! Passwords: what is accepted, and argon2id (spec 5.3). All of it is slow and belongs on a blocking thread.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq as _;

use crate::random::Random;

/// Least number of characters (OWASP ASVS 5.0, 6.2.1 recommends 15 and allows 8; spec 5.3 says 12).
pub const MIN_CHARS: usize = 12;
/// Most characters: argon2 takes any length, but nobody types more and a longer text only costs time.
pub const MAX_CHARS: usize = 256;

/// Memory in KiB, passes, lanes: the parameters of spec 5.3.
const PARAMS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// The hash of a password that nobody has, verified in place of a missing user's so that both take the same time.
pub const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Mf0eJl3CsVaQpRUH3p4zVw$CBkzo4UROcKRsbZWl9W6Zx6cYxq8d4uyf+xkvRUvs1s";

/// Why a new password is not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Weak {
    /// Fewer than [`MIN_CHARS`].
    #[error("Use at least 12 characters. Several words in a row are easy to remember and hard to guess.")]
    TooShort,
    /// More than [`MAX_CHARS`].
    #[error("Use at most 256 characters.")]
    TooLong,
    /// zxcvbn's score is below 3.
    #[error("This password is easy to guess. Add a word or two that have nothing to do with each other.")]
    Guessable,
}

/// The password could not be hashed: argon2 got no memory or no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl HashError {
    fn of(error: impl fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Judges a new password; `known` are words an attacker would try first (e-mail, account name).
///
/// # Errors
/// When it is too short, too long or easy to guess.
pub fn check(password: &SecretString, known: &[&str]) -> Result<(), Weak> {
    let text = password.expose_secret();
    let chars = text.chars().count();
    if chars < MIN_CHARS {
        return Err(Weak::TooShort);
    }
    if chars > MAX_CHARS {
        return Err(Weak::TooLong);
    }
    if zxcvbn::zxcvbn(text, known).score() < zxcvbn::Score::Three {
        return Err(Weak::Guessable);
    }
    Ok(())
}

/// What argon2 works in; grows to what the parameters ask for, and can be used again.
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let needed = params.block_count();
        if self.0.len() < needed {
            self.0.resize_with(needed, Block::new);
        }
        &mut self.0[..needed]
    }
}

// What it holds follows from a password.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("blocks", &self.0.len()).finish_non_exhaustive()
    }
}

/// Hashes a password into a PHC string with a fresh salt.
///
/// # Errors
/// When there is no randomness.
pub fn hash(memory: &mut Memory, password: &SecretString, random: Random) -> Result<String, HashError> {
    let salt = random.bytes::<16>().map_err(HashError::of)?;
    let argon2 = argon2()?;
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    let password = password.expose_secret().as_bytes();
    argon2
        .hash_password_into_with_memory(password, &salt, &mut out, memory.blocks(argon2.params()))
        .map_err(HashError::of)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(HashError::of)?,
        salt: Some(Salt::new(&salt).map_err(HashError::of)?),
        hash: Some(Output::new(&out).map_err(HashError::of)?),
    };
    Ok(hash.to_string())
}

/// Whether `password` is the one that `hash` was made of. A malformed hash is nobody's.
pub fn verify(memory: &mut Memory, password: &SecretString, hash: &str) -> bool {
    matches(memory, password, hash).unwrap_or_default()
}

fn matches(memory: &mut Memory, password: &SecretString, hash: &str) -> Option<bool> {
    let parsed = PasswordHash::new(hash).ok()?;
    let (salt, expected) = (parsed.salt.as_ref()?, parsed.hash.as_ref()?);
    let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).ok()?;
    let version = Version::try_from(parsed.version?).ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&parsed).ok()?);
    let mut out = vec![0; expected.as_bytes().len()];
    let password = password.expose_secret().as_bytes();
    argon2.hash_password_into_with_memory(password, salt, &mut out, memory.blocks(argon2.params())).ok()?;
    Some(out.ct_eq(expected.as_bytes()).into())
}

/// Whether a hash was made with other parameters than those of today.
pub fn is_outdated(hash: &str) -> bool {
    let (memory, passes, lanes) = PARAMS;
    let today = |parsed: &PasswordHash| {
        let is = |name: &str, value: u32| parsed.params.get_decimal(name) == Some(value);
        parsed.algorithm.as_str() == "argon2id" && is("m", memory) && is("t", passes) && is("p", lanes)
    };
    !PasswordHash::new(hash).is_ok_and(|parsed| today(&parsed))
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let (memory, passes, lanes) = PARAMS;
    let params = Params::new(memory, passes, lanes, None).map_err(HashError::of)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let memory = &mut Memory::default();
        let hash = hash(memory, &"correct horse battery staple".into(), Random).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify(memory, &"correct horse battery staple".into(), &hash));
        assert!(!verify(memory, &"correct horse battery stapler".into(), &hash));
        assert!(!verify(memory, &"anything".into(), "not a hash"));
        // The crate itself agrees, and so do older hashes of other parameters in memory that was used before.
        assert!(Argon2::default().verify_password(b"correct horse battery staple", hash.as_str()).is_ok());
        let older = Params::new(64, 3, 2, Some(24)).unwrap();
        let older = Argon2::new(Algorithm::Argon2id, Version::V0x13, older).hash_password(b"an older one").unwrap();
        assert!(verify(memory, &"an older one".into(), &older.to_string()));
        assert!(!verify(memory, &"another one".into(), &older.to_string()));
    }

    #[test]
    fn the_dummy_hash_is_well_formed_so_that_it_costs_as_much_as_a_real_one() {
        let parsed = PasswordHash::new(DUMMY_HASH).unwrap();
        assert_eq!(parsed.params.get_decimal("m"), Some(PARAMS.0));
        assert_eq!(parsed.params.get_decimal("t"), Some(PARAMS.1));
    }

    #[test]
    fn a_hash_of_other_parameters_is_outdated() {
        assert!(!is_outdated(DUMMY_HASH));
        for older in ["m=19456", "t=2", "p=1", "argon2id"] {
            let changed = if older == "argon2id" { "argon2i".to_owned() } else { format!("{}9", &older[..2]) };
            assert!(is_outdated(&DUMMY_HASH.replacen(older, &changed, 1)), "{older}");
        }
    }

    #[test]
    fn short_long_and_guessable_passwords_are_refused() {
        assert_eq!(check(&"short".into(), &[]), Err(Weak::TooShort));
        assert_eq!(check(&"x".repeat(257).into(), &[]), Err(Weak::TooLong));
        assert_eq!(check(&"password1234".into(), &[]), Err(Weak::Guessable));
        assert_eq!(check(&"correct horse battery staple".into(), &[]), Ok(()));
    }
}
