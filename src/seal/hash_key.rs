//! The key with which an account's values are hashed before they are sent (spec 10.2).

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of a hash that are shown: 12 hexadecimal digits.
const SHOWN_BYTES: usize = 6;

/// Bytes of a block of SHA-256. A shorter key is filled with zeros (RFC 2104).
const BLOCK_BYTES: usize = 64;

/// Hashes values of one account: the same value to the same digits, and to other ones for another account. Without the key nobody
/// can try out which value it was.
#[derive(Clone)]
pub struct HashKey(Hmac<Sha256>);

impl HashKey {
    pub(super) fn derive(secret: &[u8; super::KEY_BYTES], purpose: &str) -> Self {
        let derived = mac(secret).chain_update(purpose).finalize().into_bytes();
        Self(mac(&derived.into()))
    }

    /// 12 hexadecimal digits that stand for `value`.
    pub fn digits(&self, value: &str) -> String {
        hex::encode(&self.0.clone().chain_update(value).finalize().into_bytes()[..SHOWN_BYTES])
    }
}

fn mac(key: &[u8; super::KEY_BYTES]) -> Hmac<Sha256> {
    let mut block = [0; BLOCK_BYTES];
    block[..key.len()].copy_from_slice(key);
    Hmac::new(&block.into())
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_an_hmac_of_the_value_with_a_key_of_the_purpose() {
        let digits = |secret: u8, purpose, value| HashKey::derive(&[secret; 32], purpose).digits(value);
        let one = digits(1, "account", "ada");
        assert_eq!(one.len(), 12);
        assert_eq!(one, digits(1, "account", "ada"));
        for other in [digits(2, "account", "ada"), digits(1, "another", "ada"), digits(1, "account", "eve")] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn short_key_is_filled_as_the_standard_has_it() {
        // RFC 4231, test case 2, with a key of 4 bytes and 28 zeros, which are the same key.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let hash = mac(&key).chain_update("what do ya want for nothing?").finalize().into_bytes();
        assert_eq!(hex::encode(&hash[..8]), "5bdcc146bf60754e");
    }
}
