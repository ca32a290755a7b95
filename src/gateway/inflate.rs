//! Answers that come compressed though nobody asked: some model servers and caches do it, and not all of them say so.

use std::io::{self, Write};

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};

use super::broken::Broken;

type Body = BoxStream<'static, Result<Bytes, Broken>>;

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
/// Bytes that show how a body is compressed.
const MARK_BYTES: usize = 4;

/// The same body, inflated where it is compressed. Its first bytes show that; `encoding` is the header `Content-Encoding`,
/// which tells of encodings that have no mark of their own. After its end it may be asked again.
pub(super) fn inflated(encoding: &str, body: Body) -> Body {
    let encoding = encoding.trim().to_ascii_lowercase();
    begun(encoding, body).flatten_stream().fuse().boxed()
}

async fn begun(encoding: String, mut body: Body) -> Body {
    let mut read = BytesMut::new();
    while read.is_empty() || (read.len() < MARK_BYTES && may_be_compressed(&encoding, &read)) {
        match body.next().await {
            Some(Ok(piece)) => read.extend_from_slice(&piece),
            Some(Err(broken)) => return stream::iter([Ok(read.freeze()), Err(broken)]).boxed(),
            None => break,
        }
    }
    let read = read.freeze();
    match Decoder::of(&encoding, &read) {
        Ok(None) => stream::iter([Ok(read)]).chain(body).boxed(),
        Ok(Some(decoder)) => Inflating { decoder, body, read, has_ended: false }.pieces(),
        Err(broken) => stream::iter([Err(broken)]).boxed(),
    }
}

fn may_be_compressed(encoding: &str, beginning: &[u8]) -> bool {
    !matches!(encoding, "" | "identity") || [GZIP, ZSTD].iter().any(|mark| mark[0] == beginning[0])
}

enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    Zlib(ZlibDecoder<Vec<u8>>),
    Deflate(DeflateDecoder<Vec<u8>>),
}

impl Decoder {
    /// None where nothing is compressed.
    fn of(encoding: &str, beginning: &[u8]) -> Result<Option<Self>, Broken> {
        let is_plain = matches!(beginning.first(), None | Some(b'{' | b'[' | b'<' | b':' | b'\n' | b'\r' | b' '))
            || [b"data", b"even"].iter().any(|text| beginning.starts_with(*text));
        if beginning.starts_with(GZIP) {
            Ok(Some(Self::Gzip(MultiGzDecoder::new(Vec::new()))))
        } else if beginning.starts_with(ZSTD) {
            Err(Broken::Unreadable)
        } else if is_plain || matches!(encoding, "" | "identity") {
            Ok(None)
        } else if encoding == "deflate" {
            // Both are sent under this name: with zlib's two bytes before it, as the standard says, and without.
            let is_zlib = beginning.len() > 1
                && beginning[0] & 0x0f == 8
                && u16::from_be_bytes([beginning[0], beginning[1]]).is_multiple_of(31);
            let output = Vec::new();
            let decoder =
                if is_zlib { Self::Zlib(ZlibDecoder::new(output)) } else { Self::Deflate(DeflateDecoder::new(output)) };
            Ok(Some(decoder))
        } else {
            Err(Broken::Unreadable)
        }
    }

    fn input(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(decoder) => decoder,
            Self::Zlib(decoder) => decoder,
            Self::Deflate(decoder) => decoder,
        }
    }

    fn output(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::Deflate(decoder) => decoder.get_mut(),
        })
    }

    /// Fails where the end is missing.
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Zlib(decoder) => decoder.try_finish(),
            Self::Deflate(decoder) => decoder.try_finish(),
        }
    }
}

/// A compressed body on its way. It holds a piece of it and what a few bytes of that inflate to, however much comes.
struct Inflating {
    decoder: Decoder,
    body: Body,
    /// Bytes that came and are not inflated yet.
    read: Bytes,
    has_ended: bool,
}

impl Inflating {
    fn pieces(self) -> Body {
        stream::unfold(self, |mut inflating| async move { Some((inflating.next().await?, inflating)) }).boxed()
    }

    async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        loop {
            let inflated = self.decoder.output();
            if !inflated.is_empty() {
                return Some(Ok(Bytes::from(inflated)));
            }
            if self.has_ended {
                return None;
            }
            if let Err(broken) = self.step().await {
                self.has_ended = true;
                return Some(Err(broken));
            }
        }
    }

    async fn step(&mut self) -> Result<(), Broken> {
        if self.read.is_empty() {
            let Some(piece) = self.body.next().await else {
                self.has_ended = true;
                return self.decoder.finish().map_err(|_| Broken::Cut);
            };
            self.read = piece?;
        }
        let input = self.decoder.input();
        let taken = input.write(&self.read).map_err(|_| Broken::Unreadable)?;
        self.read.advance(taken);
        if self.read.is_empty() {
            // What has come is to be passed on, without waiting for more.
            input.flush().map_err(|_| Broken::Unreadable)?;
        } else if taken == 0 {
            // Behind the end of what is compressed.
            self.has_ended = true;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = br#"{"choices":[{"message":{"content":"Hello, hello, hello"}}]}"#;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(text: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// What comes of a body that comes in pieces of so many bytes.
    async fn read(encoding: &str, body: &[u8], piece: usize) -> Result<Vec<u8>, Broken> {
        let pieces: Vec<_> = body.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let mut inflated = inflated(encoding, stream::iter(pieces).boxed());
        let mut whole = Vec::new();
        while let Some(piece) = inflated.next().await {
            whole.extend_from_slice(&piece?);
        }
        Ok(whole)
    }

    #[tokio::test]
    async fn bodies_are_inflated_in_whatever_pieces_they_come() {
        let bodies = [
            ("gzip", gzip(TEXT)),
            ("", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
            ("gzip", TEXT.to_vec()),
            ("br", TEXT.to_vec()),
            ("", TEXT.to_vec()),
        ];
        for (encoding, body) in bodies {
            for piece in [1, 2, 7, 1_000] {
                assert_eq!(read(encoding, &body, piece).await.as_deref(), Ok(TEXT), "{encoding} in pieces of {piece}");
            }
        }
        assert_eq!(read("gzip", b"", 1).await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn what_cannot_be_inflated_is_unreadable_and_what_lacks_its_end_is_cut() {
        assert_eq!(read("br", b"\x0b\x02\x80hello\x03", 9).await, Err(Broken::Unreadable));
        assert_eq!(read("", b"\x28\xb5\x2f\xfd\x04\x00", 9).await, Err(Broken::Unreadable));
        let mut damaged = gzip(TEXT);
        damaged[12] ^= 0xff;
        assert!(read("gzip", &damaged, 9).await.is_err());
        let whole = gzip(TEXT);
        assert_eq!(read("gzip", &whole[..whole.len() - 9], 9).await, Err(Broken::Cut));
    }

    #[tokio::test]
    async fn an_event_is_inflated_as_soon_as_it_has_come() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"data: 1\n\n").unwrap();
        encoder.flush().unwrap();
        let first = Bytes::from(std::mem::take(encoder.get_mut()));
        let body = stream::iter([Ok(first)]).chain(stream::pending()).boxed();
        let piece = inflated("", body).next().now_or_never().expect("the first event does not wait");
        assert_eq!(piece, Some(Ok(Bytes::from_static(b"data: 1\n\n"))));
    }

    #[tokio::test]
    async fn a_body_that_inflates_a_thousandfold_comes_in_small_pieces() {
        let bomb = gzip(&vec![0; 20_000_000]);
        let mut inflated = inflated("gzip", stream::iter([Ok(Bytes::from(bomb))]).boxed());
        let (mut largest, mut all) = (0, 0);
        while let Some(piece) = inflated.next().await {
            let length = piece.unwrap().len();
            (largest, all) = (largest.max(length), all + length);
        }
        assert!(all == 20_000_000 && largest <= 256 * 1024, "{largest} of {all}");
    }
}
