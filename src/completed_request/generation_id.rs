//! The name of a completed request, from which its trace's identifiers follow.

use std::fmt;

use serde::{Deserialize, Serialize};

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
        // 160 bits folded onto 62^20 (119 bits): the bias of the remainder is far below what a name needs.
        let bytes = random.bytes::<40>()?;
        let suffix: String = bytes
            .chunks_exact(2)
            .map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])) % ALPHANUMERICS.len())
            .map(|index| char::from(ALPHANUMERICS[index]))
            .collect();
        Ok(Self(format!("gen-{}-{suffix}", at.as_seconds())))
    }

    /// A name that was given elsewhere: by another gateway, or read back from the log.
    pub fn given(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
