//! Decompression with a bound: a small body cannot become a large one in memory.

use libdeflater::{DecompressionError, Decompressor};

use super::refusal::Refusal;

/// The largest body, decompressed: Relay's limit for spans, in bytes.
pub(super) const LIMIT: usize = 12 * 1024 * 1024;

/// The body as it was before `Content-Encoding` was applied.
///
/// # Errors
/// 413 over 12 MiB, 400 for broken compression, 415 for an encoding that Sentry does not take.
pub(super) fn decompress(body: &[u8], encoding: Option<&str>) -> Result<Vec<u8>, Refusal> {
    match encoding.map(str::trim) {
        None | Some("" | "identity") if body.len() > LIMIT => Err(Refusal::TooLarge),
        None | Some("" | "identity") => Ok(body.to_vec()),
        Some("gzip" | "x-gzip") => bounded(body, Decompressor::gzip_decompress),
        Some("deflate") => bounded(body, Decompressor::zlib_decompress),
        Some(_) => Err(Refusal::ContentEncoding),
    }
}

type Decompression = fn(&mut Decompressor, &[u8], &mut [u8]) -> Result<usize, DecompressionError>;

/// Tries with a buffer that doubles until the body fits or the limit is reached.
fn bounded(body: &[u8], decompression: Decompression) -> Result<Vec<u8>, Refusal> {
    let mut decompressor = Decompressor::new();
    let mut size = body.len().saturating_mul(4).clamp(4096, LIMIT);
    loop {
        let mut out = vec![0; size];
        match decompression(&mut decompressor, body, &mut out) {
            Ok(length) => {
                out.truncate(length);
                return Ok(out);
            }
            Err(DecompressionError::BadData) => return Err(Refusal::BrokenBody),
            Err(DecompressionError::InsufficientSpace) if size == LIMIT => return Err(Refusal::TooLarge),
            Err(DecompressionError::InsufficientSpace) => size = size.saturating_mul(2).min(LIMIT),
        }
    }
}

#[cfg(test)]
mod tests {
    use libdeflater::{CompressionLvl, Compressor};

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::fastest());
        let mut out = vec![0; compressor.gzip_compress_bound(body.len())];
        let length = compressor.gzip_compress(body, &mut out).unwrap();
        out.truncate(length);
        out
    }

    #[test]
    fn a_body_comes_back_as_it_was() {
        for length in [0, 1, 5_000, LIMIT] {
            let body = vec![7; length];
            assert_eq!(decompress(&gzip(&body), Some("gzip")).as_deref(), Ok(&*body), "{length}");
        }
    }

    #[test]
    fn a_byte_over_the_limit_is_too_large() {
        let body = vec![0; LIMIT + 1];
        assert_eq!(decompress(&gzip(&body), Some("gzip")), Err(Refusal::TooLarge));
        assert_eq!(decompress(&body, None), Err(Refusal::TooLarge));
    }

    #[test]
    fn broken_and_unknown_compression_is_refused() {
        assert_eq!(decompress(b"not gzip", Some("gzip")), Err(Refusal::BrokenBody));
        assert_eq!(decompress(b"", Some("gzip")), Err(Refusal::BrokenBody));
        assert_eq!(decompress(b"", Some("snappy")), Err(Refusal::ContentEncoding));
    }
}
