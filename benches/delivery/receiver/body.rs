//! What a body holds: its traces, found by walking over the protobuf or the JSON without decoding it.

use libdeflater::Decompressor;

use crate::outcome::Result;

/// Fields of the messages on the way down to a span, and of a span.
const RESOURCE_SPANS: u64 = 1;
const SCOPE_SPANS: u64 = 2;
const SPANS: u64 = 2;
const TRACE_ID: u64 = 1;
const PARENT_SPAN_ID: u64 = 4;

/// Reads bodies; keeps its memory.
pub(super) struct Reader {
    decompressor: Decompressor,
    plain: Vec<u8>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { decompressor: Decompressor::new(), plain: Vec::new() }
    }

    /// Hands over the trace of each span without parent, which is one for each event. Gives the bytes before compression.
    pub(super) fn roots(&mut self, body: &[u8], gzip: bool, mut root: impl FnMut([u8; 16])) -> Result<usize> {
        let plain = if gzip { self.decompressed(body)? } else { body };
        if plain.starts_with(b"{") {
            roots_of_json(plain, root)?;
            return Ok(plain.len());
        }
        for resource in fields(plain, RESOURCE_SPANS) {
            for scope in fields(resource, SCOPE_SPANS) {
                for span in fields(scope, SPANS) {
                    if fields(span, PARENT_SPAN_ID).all(<[u8]>::is_empty)
                        && let Some(trace) = fields(span, TRACE_ID).next().and_then(|id| id.try_into().ok())
                    {
                        root(trace);
                    }
                }
            }
        }
        Ok(plain.len())
    }

    fn decompressed(&mut self, body: &[u8]) -> Result<&[u8]> {
        // The last four bytes of gzip tell the length modulo 2^32.
        let length = body.last_chunk().map_or(0, |length| u32::from_le_bytes(*length));
        self.plain.resize(usize::try_from(length)?, 0);
        let length = self.decompressor.gzip_decompress(body, &mut self.plain)?;
        Ok(&self.plain[..length])
    }
}

/// The same of OTLP as JSON, of ClickHouse's lines, and of an S3 object, which holds one trace. A text within any of them cannot
/// hold the beginning of a span, because its quotes are escaped.
fn roots_of_json(body: &[u8], mut root: impl FnMut([u8; 16])) -> Result<()> {
    let body = std::str::from_utf8(body)?;
    if let Some(document) = body.strip_prefix(r#"{"id":""#) {
        root(trace(document)?);
        return Ok(());
    }
    if body.starts_with(r#"{"TRACE_ID":""#) {
        // `<32 digits>","SPAN_ID":"<16 digits>","PARENT_SPAN_ID":…`
        for row in body.split(r#"{"TRACE_ID":""#).skip(1) {
            if row.get(62..).ok_or("half a row")?.starts_with(r#","PARENT_SPAN_ID":null"#) {
                root(trace(row)?);
            }
        }
        return Ok(());
    }
    // `<32 digits>","spanId":"<16 digits>","parentSpanId":…`
    for span in body.split(r#"{"traceId":""#).skip(1) {
        if !span.get(61..).ok_or("half a span")?.starts_with(r#","parentSpanId""#) {
            root(trace(span)?);
        }
    }
    Ok(())
}

/// The trace whose 32 digits `text` begins with.
fn trace(text: &str) -> Result<[u8; 16]> {
    Ok(u128::from_str_radix(text.get(..32).ok_or("half a trace")?, 16)?.to_be_bytes())
}

/// The contents of all length-delimited fields with this number. Ends at the first byte that makes no sense.
fn fields(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    let mut rest = message;
    std::iter::from_fn(move || {
        loop {
            let tag = varint(&mut rest)?;
            let length = match tag & 7 {
                0 => {
                    varint(&mut rest)?;
                    continue;
                }
                1 => 8,
                5 => 4,
                2 => usize::try_from(varint(&mut rest)?).ok()?,
                _ => return None,
            };
            let (content, after) = rest.split_at_checked(length)?;
            rest = after;
            if tag >> 3 == number && tag & 7 == 2 {
                return Some(content);
            }
        }
    })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
