//! The name of a completed request, from which its trace's identifiers follow.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::secrets::holds_secret;
use crate::clock::UnixNanos;
use crate::random::{Random, Unavailable};

/// `gen-<unix seconds>-<20 alphanumerics>` (spec 3.4), or whatever another gateway calls its request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GenerationId(String);

const ALPHANUMERICS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl GenerationId {
    /// A new name for a request received at `at`.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(at: UnixNanos, random: Random) -> Result<Self, Unavailable> {
        Self::drawn(at, || random.bytes())
    }

    /// Draws again until nobody takes the random part for a secret: a receiver's data scrubbing would show `[Filtered]` in its
    /// place. One of some 1,500 parts looks like the number of a bank account, one of some 50,000 holds a word such as `auth`.
    fn drawn<E>(at: UnixNanos, mut draw: impl FnMut() -> Result<[u8; 40], E>) -> Result<Self, E> {
        loop {
            let suffix = alphanumerics(draw()?);
            if !holds_secret(&suffix) {
                return Ok(Self(format!("gen-{}-{suffix}", at.as_seconds())));
            }
        }
    }

    /// A name that was given elsewhere: by another gateway, or read back from the log.
    pub fn given(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// When the request was received, to the second. None: another gateway's name, which does not say.
    pub fn begun(&self) -> Option<DateTime<Utc>> {
        let (seconds, _) = self.0.strip_prefix("gen-")?.split_once('-')?;
        DateTime::from_timestamp(seconds.parse::<u32>().ok()?.into(), 0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 320 bits folded onto 62^20 (119 bits): the bias of the remainder is far below what a name needs.
fn alphanumerics(bytes: [u8; 40]) -> String {
    let pairs = bytes.chunks_exact(2).map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])));
    pairs.map(|number| char::from(ALPHANUMERICS[number % ALPHANUMERICS.len()])).collect()
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_ours_says_when_its_request_began() {
        let begun = |name: &str| GenerationId::given(name).begun().map(|at| at.timestamp());
        assert_eq!(begun("gen-1788596667-0123456789abcdefghij"), Some(1_788_596_667));
        for other in ["", "gen-", "gen-x-y", "gen--1-x", "gen-99999999999-x", "chatcmpl-1788596667-x"] {
            assert_eq!(begun(other), None, "{other}");
        }
    }

    /// Bytes from which this text is drawn, with zeros behind it.
    fn bytes_of(text: &str) -> [u8; 40] {
        let mut bytes = [0; 40];
        for (place, character) in text.bytes().enumerate() {
            let index = ALPHANUMERICS.iter().position(|known| *known == character).unwrap();
            bytes[2 * place] = u8::try_from(index).unwrap();
        }
        bytes
    }

    #[test]
    fn a_name_that_would_be_filtered_is_drawn_again() {
        let mut draws = ["xxAuthxx", "mySECRETs", "DE89abcdefghijklmnop", "aut0h"].map(bytes_of).into_iter();
        let name = GenerationId::drawn(UnixNanos(7_000_000_000), || draws.next().ok_or("no more")).unwrap();
        assert_eq!(name.as_str(), "gen-7-aut0h000000000000000");
        assert_eq!(draws.next(), None);
    }
}
