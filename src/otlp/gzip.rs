//! Compression of a batch: gzip level 1, which costs a third of level 6 for bodies a quarter larger (spec 4.5).

use std::fmt;

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor};

/// Whether bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Every receiver takes it, and it saves bandwidth.
    #[default]
    Gzip,
    /// For receivers nearby, where bytes cost less than the time to compress them.
    None,
}

impl Compression {
    /// A body that carries nothing, as it goes over the wire.
    pub fn empty_body(self) -> Bytes {
        let mut body = Vec::new();
        if self == Self::Gzip {
            Gzip::new().compress(&[], &mut body);
        }
        body.into()
    }
}

/// A compressor with its working memory, to be used again and again.
pub struct Gzip {
    compressor: Compressor,
    /// As large as the largest body needed; never made smaller, because growing it means writing zeros.
    room: Vec<u8>,
}

impl Gzip {
    /// Takes the working memory.
    pub fn new() -> Self {
        let level = CompressionLvl::new(1).unwrap_or_default();
        Self { compressor: Compressor::new(level), room: Vec::new() }
    }

    /// Replaces what `compressed` holds by `body`, compressed.
    pub fn compress(&mut self, body: &[u8], compressed: &mut Vec<u8>) {
        let bound = self.compressor.gzip_compress_bound(body.len());
        if self.room.len() < bound {
            self.room.resize(bound, 0);
        }
        // The only failure is too little room, and the bound is enough by its definition.
        let length = self.compressor.gzip_compress(body, &mut self.room).unwrap_or_default();
        compressed.clear();
        compressed.extend_from_slice(&self.room[..length]);
    }
}

impl Default for Gzip {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Gzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gzip")
    }
}

#[cfg(test)]
mod tests {
    use libdeflater::Decompressor;

    use super::*;

    #[test]
    fn gzip_body_comes_back_also_when_the_buffer_is_used_again() {
        let (mut gzip, mut compressed) = (Gzip::new(), vec![7; 10_000]);
        for body in [&b""[..], b"short", &vec![b'x'; 100_000]] {
            gzip.compress(body, &mut compressed);
            let mut plain = vec![0; body.len()];
            let length = Decompressor::new().gzip_decompress(&compressed, &mut plain).unwrap();
            assert_eq!(&plain[..length], body);
        }
        assert!(compressed.len() < 1_000);
    }
}
