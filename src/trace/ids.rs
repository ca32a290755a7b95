//! Trace and span identifiers: pure functions of the completed request (spec 2.4), equal to OpenRouter's.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::completed_request::GenerationId;

/// 16 bytes, never all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// 8 bytes, never all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

/// The text is not a non-zero identifier in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is {digits} hexadecimal digits, not all of them zero")]
pub struct NotAnId {
    digits: usize,
}

impl TraceId {
    /// The trace that the caller names, or the one of this request alone. 32 hexadecimal digits and UUIDs are used as
    /// they are; any other text is hashed.
    pub fn of(named: Option<&str>, generation: &GenerationId) -> Self {
        match named {
            Some(named) => as_it_is(named).unwrap_or_else(|| Self::hashed(named)),
            None => Self::hashed(generation.as_str()),
        }
    }

    fn hashed(text: &str) -> Self {
        // Half a SHA-256 is never zero in practice. If it were, any constant would do.
        Self(NonZeroU128::new(u128::from_be_bytes(digest([text, ""]))).unwrap_or(NonZeroU128::MIN))
    }

    /// As OTLP carries it.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }
}

impl SpanId {
    pub fn root(generation: &GenerationId) -> Self {
        Self::hashed(generation, "")
    }

    pub fn intermediate(generation: &GenerationId) -> Self {
        Self::hashed(generation, ":span")
    }

    pub fn generation(generation: &GenerationId) -> Self {
        Self::hashed(generation, ":generation")
    }

    /// A failed attempt; the first is number 0.
    pub fn attempt(generation: &GenerationId, number: usize) -> Self {
        Self::hashed(generation, &format!(":attempt-{number}"))
    }

    fn hashed(generation: &GenerationId, suffix: &str) -> Self {
        let first = u64::from_be_bytes(digest([generation.as_str(), suffix]));
        Self(NonZeroU64::new(first).unwrap_or(NonZeroU64::MIN))
    }

    /// As OTLP carries it.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

/// The first bytes of the texts' SHA-256.
fn digest<const N: usize>(texts: [&str; 2]) -> [u8; N] {
    let digest = Sha256::new().chain_update(texts[0]).chain_update(texts[1]).finalize();
    let mut first = [0; N];
    first.copy_from_slice(&digest[..N]);
    first
}

fn as_it_is(text: &str) -> Option<TraceId> {
    let hyphenated = || Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    text.parse().ok().or_else(|| NonZeroU128::new(hyphenated()?.as_u128()).map(TraceId))
}

impl FromStr for TraceId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut bytes = [0; 16];
        let id =
            hex::decode_to_slice(text, &mut bytes).ok().and_then(|()| NonZeroU128::new(u128::from_be_bytes(bytes)));
        id.map(Self).ok_or(NotAnId { digits: 32 })
    }
}

impl FromStr for SpanId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut bytes = [0; 8];
        let id = hex::decode_to_slice(text, &mut bytes).ok().and_then(|()| NonZeroU64::new(u64::from_be_bytes(bytes)));
        id.map(Self).ok_or(NotAnId { digits: 16 })
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe() -> GenerationId {
        GenerationId::given("gen-1788612885-hFm6Av9rEF3NMfxjJXWk")
    }

    fn named(text: &str) -> String {
        TraceId::of(Some(text), &probe()).to_string()
    }

    #[test]
    fn span_ids_equal_the_vectors() {
        assert_eq!(SpanId::root(&probe()).to_string(), "64bb8ca423dcfefe");
        assert_eq!(SpanId::attempt(&probe(), 0).to_string(), "26156f24f6b90573");
        assert_eq!(SpanId::generation(&probe()).to_string(), "9ee548cfb7bba237");
    }

    #[test]
    fn other_texts_are_hashed_into_trace_ids() {
        assert_eq!(named("obsprobe-stream-1788612874"), "dbd49206c2c8a478fcf97ce967645760");
        let digest = Sha256::digest("incident_investigation_001");
        assert_eq!(named("incident_investigation_001"), hex::encode(&digest[..16]));
        assert_eq!(TraceId::of(None, &probe()).to_string(), hex::encode(&Sha256::digest(probe().as_str())[..16]));
    }

    #[test]
    fn hexadecimal_digits_and_uuids_are_used_as_they_are() {
        assert_eq!(named("4BF92F3577B34DA6A3CE929D0E0E4736"), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(named("4bf92f35-77B3-4da6-a3ce-929d0e0e4736"), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn no_id_is_ever_zero() {
        let zeros = "0".repeat(32);
        for text in [&*zeros, "00000000-0000-0000-0000-000000000000", "", "{4bf92f35-77b3-4da6-a3ce-929d0e0e4736}"] {
            assert_eq!(named(text), hex::encode(&Sha256::digest(text)[..16]));
        }
        assert_eq!(
            "0000000000000000".parse::<SpanId>().unwrap_err().to_string(),
            "an identifier is 16 hexadecimal digits, not all of them zero"
        );
    }

    #[test]
    fn span_ids_are_read_in_either_case() {
        assert_eq!("00F067AA0BA902B7".parse::<SpanId>().unwrap().to_string(), "00f067aa0ba902b7");
        for text in ["", "5", "00f067aa0ba902b", "00f067aa0ba902b7a", "00f067aa0ba902bg", "ää00f067aa0ba902"] {
            assert!(text.parse::<SpanId>().is_err(), "{text}");
        }
    }
}
