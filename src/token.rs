//! Random tokens: sessions, invitations and API keys. What is stored is only ever their SHA-256.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::random::{Random, Unavailable};

/// SHA-256 of a token, the only form in which one is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Hashes what somebody presented.
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }

    /// As stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({}…)", hex::encode(&self.0[..4]))
    }
}

/// A new token of 256 random bits, as 64 hexadecimal digits.
///
/// # Errors
/// When there is no randomness.
pub fn new_token(random: Random) -> Result<SecretString, Unavailable> {
    Ok(SecretString::from(hex::encode(random.bytes::<32>()?)))
}

/// What an API key may do (spec 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiKeyType {
    /// Ask models and report completed requests.
    Inference,
    /// Manage settings.
    Management,
}

impl ApiKeyType {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Inference, Self::Management];

    /// The word of forms, the API and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inference => "inference",
            Self::Management => "management",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key_type| key_type.name() == name)
    }

    /// How such a key begins.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Inference => "tck-inf-",
            Self::Management => "tck-mgt-",
        }
    }

    /// A key by its ends, for example `tck-inf-…9xYz`.
    pub fn masked(self, last_four: &str) -> String {
        format!("{}…{last_four}", self.prefix())
    }
}

const SECRET_DIGITS: usize = 64;
const CHECKSUM_DIGITS: usize = 8;

/// An API key as its owner holds it: `tck-<type>-<64 hex digits><8 hex digits of checksum>`. The form `tck-<type>-<cell>-…` is kept free
/// for installations of several databases (docs/adr/0011-cells.md).
#[derive(Debug, Clone)]
pub struct ApiKey {
    key_type: ApiKeyType,
    text: SecretString,
}

impl ApiKey {
    /// A new key of 256 random bits.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(key_type: ApiKeyType, random: Random) -> Result<Self, Unavailable> {
        let body = format!("{}{}", key_type.prefix(), hex::encode(random.bytes::<32>()?));
        let text = format!("{body}{}", checksum(&body));
        Ok(Self { key_type, text: SecretString::from(text) })
    }

    /// Reads a presented key. A mistyped one is refused by its checksum, without asking the database.
    pub fn parse(presented: &str) -> Option<Self> {
        let key_type = ApiKeyType::ALL.into_iter().find(|key_type| presented.starts_with(key_type.prefix()))?;
        let digits = &presented[key_type.prefix().len()..];
        if digits.len() != SECRET_DIGITS + CHECKSUM_DIGITS || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let (body, sum) = presented.split_at(presented.len() - CHECKSUM_DIGITS);
        (checksum(body) == sum).then(|| Self { key_type, text: SecretString::from(presented) })
    }

    /// What it may do.
    pub fn key_type(&self) -> ApiKeyType {
        self.key_type
    }

    /// The form in which it is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.text.expose_secret())
    }

    /// The whole key, to be shown once.
    pub fn reveal(&self) -> &str {
        self.text.expose_secret()
    }

    /// Its last four characters, by which its owner recognises it.
    pub fn last_four(&self) -> &str {
        let text = self.text.expose_secret();
        &text[text.len() - 4..]
    }
}

fn checksum(body: &str) -> String {
    hex::encode(&Sha256::digest(body.as_bytes())[..CHECKSUM_DIGITS / 2])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_key_parses_and_keeps_its_type() {
        for key_type in ApiKeyType::ALL {
            let key = ApiKey::new(key_type, Random).unwrap();
            let read = ApiKey::parse(key.reveal()).unwrap();
            assert_eq!((read.key_type(), read.hash()), (key_type, key.hash()));
            assert!(key.reveal().ends_with(key.last_four()));
            assert!(!format!("{key:?}").contains(&key.reveal()[10..]));
        }
    }

    #[test]
    fn a_key_with_one_changed_digit_is_refused_by_its_checksum() {
        let text = ApiKey::new(ApiKeyType::Inference, Random).unwrap().reveal().to_owned();
        for index in 8..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'0' { b'1' } else { b'0' };
            assert!(ApiKey::parse(std::str::from_utf8(&changed).unwrap()).is_none(), "digit {index}");
        }
    }

    #[test]
    fn a_key_that_names_a_cell_is_none_of_ours_and_none_of_ours_names_one() {
        for key_type in ApiKeyType::ALL {
            let key = ApiKey::new(key_type, Random).unwrap();
            let rest = key.reveal().strip_prefix(key_type.prefix()).unwrap();
            assert!(!rest.contains('-'), "{rest}");
            for cell in ["eu1", "a0", "deadbeef"] {
                let body = format!("{}{cell}-{}", key_type.prefix(), &rest[..SECRET_DIGITS]);
                assert!(ApiKey::parse(&format!("{body}{}", checksum(&body))).is_none(), "{cell}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC*") {
            prop_assert!(ApiKey::parse(&text).is_none());
            let prefixed = format!("tck-inf-{text}");
            prop_assert!(ApiKey::parse(&prefixed).is_none());
        }
    }
}
