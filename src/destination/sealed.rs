//! The secret half of stored settings, sealed for one row.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::Stored;
use crate::random::{Random, Unavailable};
use crate::seal::{Keyring, OpenError, Place};

/// The sentence about a destination whose secrets were given up.
pub const GIVEN_UP: &str = "The stored secret was given up, because the key that sealed it is lost. Enter it again.";

impl Stored {
    /// An empty secret half, sealed for `place`, instead of secrets that were given up.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal_nothing(keyring: &Keyring, place: Place, random: Random) -> Result<Vec<u8>, Unavailable> {
        Self::default().seal(keyring, place, random)
    }

    /// The secret half, sealed for `place`.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, keyring: &Keyring, place: Place, random: Random) -> Result<Vec<u8>, Unavailable> {
        let values: BTreeMap<&str, &str> =
            self.secret.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        let json = serde_json::to_vec(&values).unwrap_or_default();
        keyring.seal(place, &json, random)
    }

    /// Both halves, from what is stored.
    ///
    /// # Errors
    /// When the sealed half does not open at `place`.
    pub fn open(
        open: BTreeMap<String, String>,
        sealed: &[u8],
        keyring: &Keyring,
        place: Place,
    ) -> Result<Self, OpenError> {
        let json = keyring.open(place, sealed)?;
        let values: BTreeMap<String, String> =
            serde_json::from_slice(json.expose_secret()).map_err(|_| OpenError::Malformed)?;
        let secret = values.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect();
        Ok(Self { open, secret })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{AccountId, DestinationId};

    #[test]
    fn stored_settings_come_back_from_their_seal_and_the_blob_shows_nothing() {
        let keyring = Keyring::parse(&"ab".repeat(32)).unwrap();
        let place = Place::Destination(AccountId(Uuid::nil()), DestinationId(Uuid::max()));
        let mut stored = Stored::default();
        stored.open.insert("environment".to_owned(), "production".to_owned());
        stored.secret.insert("key".to_owned(), "https://canary@host/1".into());
        let blob = stored.seal(&keyring, place, Random).unwrap();
        assert!(!String::from_utf8_lossy(&blob).contains("canary"));
        let back = Stored::open(stored.open.clone(), &blob, &keyring, place).unwrap();
        assert_eq!(back.secret["key"].expose_secret(), "https://canary@host/1");
        assert_eq!(back.open, stored.open);
    }
}
