//! Time-based one-time codes (RFC 6238 with SHA-1, six digits, thirty seconds: what every authenticator app knows).

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use crate::random::{Random, Unavailable};

/// Seconds for which a code holds.
const PERIOD: u64 = 30;
/// Steps before and after the present one whose codes are taken: clocks differ (RFC 6238, 5.2).
const DRIFT: u64 = 1;
/// Bytes of a secret (RFC 4226, 4: at least 16, 20 recommended).
pub const SECRET_BYTES: usize = 20;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator app shares with us.
#[derive(Debug)]
pub struct TotpSecret(SecretBox<[u8; SECRET_BYTES]>);

impl TotpSecret {
    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(random: Random) -> Result<Self, Unavailable> {
        Ok(Self(SecretBox::new(Box::new(random.bytes()?))))
    }

    /// The secret of these bytes, if there are as many as there have to be.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(SecretBox::new(Box::new(bytes.try_into().ok()?))))
    }

    /// To be sealed.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// As people type it into an app (RFC 4648, 6).
    pub fn base32(&self) -> String {
        let bits = |index: usize| {
            let bit = |at: usize| self.expose().get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
            (0..5).fold(0, |value, offset| value << 1 | usize::from(bit(index * 5 + offset)))
        };
        (0..SECRET_BYTES * 8 / 5).map(|index| char::from(BASE32[bits(index)])).collect()
    }

    /// As apps read it from a picture.
    pub fn uri(&self, email: &str) -> String {
        let label: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
        format!("otpauth://totp/Tracecast:{label}?secret={}&issuer=Tracecast&digits=6&period=30", self.base32())
    }

    /// The time step of a typed code, if it holds at `unix_seconds` and is newer than `last_step`.
    pub fn step_of(&self, code: &str, unix_seconds: u64, last_step: u64) -> Option<u64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let now = unix_seconds / PERIOD;
        let steps = now.saturating_sub(DRIFT)..=now + DRIFT;
        steps.rev().find(|step| {
            let right: bool = self.code(*step).as_bytes().ct_eq(digits.as_bytes()).into();
            right && *step > last_step
        })
    }

    /// The code at `unix_seconds`.
    pub fn code_at(&self, unix_seconds: u64) -> String {
        self.code(unix_seconds / PERIOD)
    }

    /// RFC 4226, 5.3.
    fn code(&self, step: u64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.expose()) else { return String::new() };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[19] & 0xf);
        let bytes = [hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]];
        format!("{:06}", u32::from_be_bytes(bytes) % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(rfc().code_at(seconds), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_holds_one_step_before_and_after_and_no_longer() {
        let code = rfc().code_at(3_000);
        for (now, expected) in
            [(2_939, None), (2_970, Some(100)), (3_000, Some(100)), (3_059, Some(100)), (3_060, None)]
        {
            assert_eq!(rfc().step_of(&code, now, 0), expected, "{now}");
        }
        assert_eq!(rfc().step_of(&format!(" {} {} ", &code[..3], &code[3..]), 3_000, 0), Some(100));
    }

    #[test]
    fn a_code_that_was_taken_is_not_taken_again() {
        let code = rfc().code_at(3_000);
        assert_eq!(rfc().step_of(&code, 3_000, 100), None);
        assert_eq!(rfc().step_of(&code, 3_000, 99), Some(100));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(rfc().step_of(wrong, 3_000, 0), None, "{wrong}");
        }
    }

    #[test]
    fn the_secret_is_written_as_apps_read_it() {
        assert_eq!(rfc().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = rfc().uri("a+b@example.com");
        assert!(uri.starts_with("otpauth://totp/Tracecast:a%2Bb%40example.com?secret=GEZDG"), "{uri}");
        assert!(!format!("{:?}", rfc()).contains("49"));
    }
}
