//! `Span.Event` of `opentelemetry.proto.trace.v1`: the one event that we send, `exception`.

use super::attribute::{attributes_length, put_attributes};
use super::wire::{length_delimited, put_bytes, put_fixed64};
use crate::clock::UnixNanos;
use crate::trace::Exception;

/// Fields of `Event`.
const TIME: u32 = 1;
const NAME: u32 = 2;
const ATTRIBUTES: u32 = 3;

/// Bytes of the event's body.
pub(super) fn length(exception: &Exception<'_>) -> usize {
    9 + length_delimited(Exception::NAME.len()) + attributes_length(&exception.attributes())
}

/// The event's body.
pub(super) fn put(exception: &Exception<'_>, at: UnixNanos, buffer: &mut Vec<u8>) {
    put_fixed64(TIME, at.0, buffer);
    put_bytes(NAME, Exception::NAME.as_bytes(), buffer);
    put_attributes(ATTRIBUTES, &exception.attributes(), buffer);
}
