//! Sealing of secrets at rest with XChaCha20-Poly1305 (spec 5.3).
//!
//! A sealed blob is `version (1 byte) | key id (4) | nonce (24) | ciphertext and tag`. The associated data names the row,
//! so that a blob copied to another row or tenant does not open.

mod hash_key;

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret, SecretBox, SecretSlice};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use self::hash_key::HashKey;
use crate::id::{AccountId, DestinationId, UserId};
use crate::random::{Random, Unavailable};

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

/// Bytes of a sealing key.
pub const KEY_BYTES: usize = 32;

/// The keys that open secrets. The first one seals.
pub struct Keyring {
    first: SealingKey,
    older: Vec<SealingKey>,
}

struct SealingKey {
    id: KeyId,
    bytes: SecretBox<[u8; KEY_BYTES]>,
}

/// Why a keyring cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyringError {
    /// There is no key at all.
    #[error(
        "there is no sealing key; give one of 32 bytes as 64 hexadecimal digits, for example from `openssl rand -hex 32`"
    )]
    Missing,
    /// A key is not 64 hexadecimal digits.
    #[error("sealing key number {0} is not 64 hexadecimal digits; make one with `openssl rand -hex 32`")]
    Malformed(usize),
}

/// Why a blob does not open.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    /// Too short, or of a version that this program does not know.
    #[error("the sealed secret is damaged or was written by a newer version")]
    Malformed,
    /// None of the keyring's keys has the blob's key id.
    #[error("the sealed secret needs key {0}, which is not in the keyring; add it to TRACECAST_KEYS")]
    UnknownKey(KeyId),
    /// The blob was changed, or belongs to another row.
    #[error("the sealed secret does not belong here or was changed")]
    Forged,
}

/// Names a key without telling it: the beginning of its SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID_BYTES]);

/// What a secret belongs to: the associated data of its seal. Each table of sealed blobs is a line here and one in
/// [`crate::store::sealed`]; files have a line here.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// The secrets of a tenant's destination.
    Destination(AccountId, DestinationId),
    /// The secret of a person's second factor.
    SecondFactor(UserId),
    /// A file of completed requests that waited when a process stopped, by its name.
    Unrecorded(Uuid),
}

impl Place {
    fn associated_data(self) -> String {
        match self {
            Self::Destination(account, id) => format!("v1|destinations|{account}|{id}"),
            Self::SecondFactor(user) => format!("v1|users|totp|{user}"),
            Self::Unrecorded(name) => format!("v1|unrecorded|{name}"),
        }
    }
}

impl KeyId {
    /// Of the key that sealed `blob`, as far as the blob says so.
    pub fn of(blob: &[u8]) -> Option<Self> {
        Self::read(blob.get(1..=KEY_ID_BYTES)?)
    }

    /// As it stands in a blob.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// As people write it: eight hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; KEY_ID_BYTES];
        hex::decode_to_slice(text.trim(), &mut bytes).ok().map(|()| Self(bytes))
    }

    /// As it stands in a blob.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Keyring {
    /// Reads keys written as 64 hexadecimal digits each, separated by commas or white space.
    ///
    /// # Errors
    /// When there is none, or one is malformed.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys = text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .enumerate()
            .map(|(index, part)| SealingKey::parse(part).ok_or(KeyringError::Malformed(index + 1)));
        let first = keys.next().ok_or(KeyringError::Missing)??;
        Ok(Self { first, older: keys.collect::<Result<_, _>>()? })
    }

    /// Seals `secret` for `place` with the first key.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, place: Place, secret: &[u8], random: Random) -> Result<Vec<u8>, Unavailable> {
        let nonce = random.bytes::<NONCE_BYTES>()?;
        let associated = place.associated_data();
        let sealed = self
            .first
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: associated.as_bytes() })
            .unwrap_or_default();
        let mut blob = Vec::with_capacity(HEADER_BYTES + sealed.len());
        blob.push(VERSION);
        blob.extend_from_slice(self.first.id.as_bytes());
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Opens a blob that was sealed for `place`.
    ///
    /// # Errors
    /// When the blob is damaged, its key unknown, or it belongs elsewhere.
    pub fn open(&self, place: Place, blob: &[u8]) -> Result<SecretSlice<u8>, OpenError> {
        let (header, sealed) = blob.split_at_checked(HEADER_BYTES).ok_or(OpenError::Malformed)?;
        if header[0] != VERSION {
            return Err(OpenError::Malformed);
        }
        let nonce = &header[1 + KEY_ID_BYTES..];
        let id = KeyId::of(blob).ok_or(OpenError::Malformed)?;
        let key = self.keys().find(|key| key.id == id).ok_or(OpenError::UnknownKey(id))?;
        let nonce = XNonce::try_from(nonce).map_err(|_| OpenError::Malformed)?;
        let associated = place.associated_data();
        let secret = key
            .cipher()
            .decrypt(&nonce, Payload { msg: sealed, aad: associated.as_bytes() })
            .map_err(|_| OpenError::Forged)?;
        Ok(SecretSlice::from(secret))
    }

    /// All keys, the one that seals first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys().map(|key| key.id)
    }

    /// The key that seals.
    pub fn sealing(&self) -> KeyId {
        self.first.id
    }

    /// Whether what was sealed with this key opens.
    pub fn has(&self, id: KeyId) -> bool {
        self.keys().any(|key| key.id == id)
    }

    /// Whether there is an older key beside the one that seals.
    pub fn has_older(&self) -> bool {
        self.older.iter().any(|key| key.id != self.first.id)
    }

    fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.first).chain(&self.older)
    }

    /// Eight characters that stand for `text` in the log: the same for the same text, and without the first key nobody can
    /// try out which text it was.
    pub fn fingerprint(&self, text: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.first.bytes.expose_secret()) else {
            return String::new();
        };
        mac.update(b"tracecast fingerprint|");
        mac.update(text.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..4])
    }

    /// Hashes the account's values. With another first key the same values have other hashes.
    pub fn hash_key(&self, account: AccountId) -> HashKey {
        HashKey::derive(self.first.bytes.expose_secret(), &format!("tracecast hashed values|{account}"))
    }

    /// Twelve characters that only a holder of the first key can know: the code that guards the first sign-up.
    pub fn setup_code(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"tracecast setup code|");
        hasher.update(self.first.bytes.expose_secret());
        hex::encode(hasher.finalize()).chars().take(12).collect()
    }
}

impl SealingKey {
    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; KEY_BYTES];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let id = KeyId::read(&Sha256::digest(bytes)[..KEY_ID_BYTES])?;
        Some(Self { id, bytes: SecretBox::new(Box::new(bytes)) })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.bytes.expose_secret()))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("first", &self.first.id.to_string()).field("older", &self.older.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const NEW: &str = "f0f102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn place(account: u128, destination: u128) -> Place {
        Place::Destination(AccountId(Uuid::from_u128(account)), DestinationId(Uuid::from_u128(destination)))
    }

    #[test]
    fn a_secret_opens_at_its_own_place_only() {
        let keyring = Keyring::parse(OLD).unwrap();
        let blob = keyring.seal(place(1, 2), b"secret", Random).unwrap();
        assert_eq!(keyring.open(place(1, 2), &blob).unwrap().expose_secret(), b"secret");
        assert_eq!(keyring.open(place(3, 2), &blob).unwrap_err(), OpenError::Forged);
        assert_eq!(keyring.open(place(1, 4), &blob).unwrap_err(), OpenError::Forged);
    }

    #[test]
    fn a_second_factor_opens_for_its_own_person_only() {
        let keyring = Keyring::parse(OLD).unwrap();
        let user = |number| Place::SecondFactor(UserId(Uuid::from_u128(number)));
        let blob = keyring.seal(user(1), b"secret", Random).unwrap();
        assert_eq!(keyring.open(user(1), &blob).unwrap().expose_secret(), b"secret");
        assert_eq!(keyring.open(user(2), &blob).unwrap_err(), OpenError::Forged);
        assert_eq!(keyring.open(place(1, 1), &blob).unwrap_err(), OpenError::Forged);
    }

    #[test]
    fn an_older_key_of_the_ring_still_opens_and_the_first_seals() {
        let blob = Keyring::parse(OLD).unwrap().seal(place(1, 2), b"secret", Random).unwrap();
        let both = Keyring::parse(&format!("{NEW}, {OLD}")).unwrap();
        assert_eq!(both.open(place(1, 2), &blob).unwrap().expose_secret(), b"secret");
        let newer = both.seal(place(1, 2), b"secret", Random).unwrap();
        assert!(matches!(Keyring::parse(OLD).unwrap().open(place(1, 2), &newer), Err(OpenError::UnknownKey(_))));
    }

    #[test]
    fn damaged_blobs_and_bad_keys_are_refused() {
        let keyring = Keyring::parse(OLD).unwrap();
        let mut blob = keyring.seal(place(1, 2), b"secret", Random).unwrap();
        assert_eq!(keyring.open(place(1, 2), &blob[..20]).unwrap_err(), OpenError::Malformed);
        *blob.last_mut().unwrap() ^= 1;
        assert_eq!(keyring.open(place(1, 2), &blob).unwrap_err(), OpenError::Forged);
        assert_eq!(Keyring::parse(" ").unwrap_err(), KeyringError::Missing);
        assert_eq!(Keyring::parse(&format!("{OLD},abc")).unwrap_err(), KeyringError::Malformed(2));
    }

    #[test]
    fn a_fingerprint_is_the_same_for_the_same_text_and_key_only() {
        let keyring = |keys: &str| Keyring::parse(keys).unwrap();
        let one = keyring(OLD).fingerprint("ada@example.com");
        assert_eq!(one.len(), 8);
        assert_eq!(one, keyring(&format!("{OLD},{NEW}")).fingerprint("ada@example.com"));
        assert_ne!(one, keyring(OLD).fingerprint("eve@example.com"));
        assert_ne!(one, keyring(NEW).fingerprint("ada@example.com"));
    }

    #[test]
    fn debugging_a_keyring_prints_no_key() {
        assert!(!format!("{:?}", Keyring::parse(OLD).unwrap()).contains("08090a0b"));
    }
}
