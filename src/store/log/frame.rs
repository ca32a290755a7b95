//! The binary form in which Postgres sends entries of the log: for each entry its numbers, then its bytes.
//!
//! ```text
//! xid 8 · position 8 · completed 8 (microseconds since 2000) · format × 4 + wanted × 2 + small 4 · length of payload 4 · length of content 4 (-1: none) · both
//! ```

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::Position;
use crate::store::xid::Xid;

/// The numbers of an entry, and where its bytes lie within a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) place: Position,
    pub(super) completed_at: DateTime<Utc>,
    pub(super) format: i16,
    pub(super) wanted: bool,
    pub(super) small: bool,
    pub(super) payload: Range<usize>,
    pub(super) content: Option<Range<usize>>,
}

impl Frame {
    /// The frame that begins at `at`. None: the row ends there.
    pub(super) fn read(row: &[u8], at: usize) -> Option<Self> {
        let mut rest = row.get(at..)?;
        let xid = Xid(u64::from_be_bytes(take(&mut rest)?));
        let position = i64::from_be_bytes(take(&mut rest)?);
        let completed_at = time(i64::from_be_bytes(take(&mut rest)?));
        let kind = i32::from_be_bytes(take(&mut rest)?);
        let (payload, content) = (i32::from_be_bytes(take(&mut rest)?), i32::from_be_bytes(take(&mut rest)?));
        let start = row.len() - rest.len();
        let middle = start + usize::try_from(payload).ok()?;
        let content = usize::try_from(content).ok().map(|length| middle..middle + length);
        Some(Self {
            place: Position { xid, position },
            completed_at,
            format: i16::try_from(kind >> 2).ok()?,
            wanted: kind & 2 != 0,
            small: kind & 1 != 0,
            payload: start..middle,
            content,
        })
    }

    /// The place in the row where the next frame begins.
    pub(super) fn end(&self) -> usize {
        self.content.as_ref().map_or(self.payload.end, |content| content.end)
    }

    /// Bytes of payload and content.
    pub(super) fn bytes(&self) -> usize {
        self.end() - self.payload.start
    }
}

/// Microseconds since 2000-01-01, as Postgres counts time.
fn time(microseconds: i64) -> DateTime<Utc> {
    /// 2000-01-01 in microseconds since 1970.
    const EPOCH: i64 = 946_684_800_000_000;
    DateTime::from_timestamp_micros(microseconds.saturating_add(EPOCH)).unwrap_or_default()
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(position: i64, kind: i32, payload: &[u8], content: Option<&[u8]>) -> Vec<u8> {
        let length = |bytes: &[u8]| i32::try_from(bytes.len()).unwrap().to_be_bytes();
        let mut frame = [7_u64.to_be_bytes(), position.to_be_bytes(), 1_000_000_i64.to_be_bytes()].concat();
        frame.extend(kind.to_be_bytes());
        frame.extend(length(payload));
        frame.extend(content.map_or((-1_i32).to_be_bytes(), length));
        frame.extend(payload);
        frame.extend(content.unwrap_or_default());
        frame
    }

    #[test]
    fn frames_are_read_one_after_the_other() {
        let row = [frame(1, 4 + 2 + 1, b"one", Some(b"said")), frame(2, 8 + 1, b"", None)].concat();
        let first = Frame::read(&row, 0).unwrap();
        assert_eq!((first.place, first.format), (Position { xid: Xid(7), position: 1 }, 1));
        assert_eq!((first.wanted, first.small), (true, true));
        assert_eq!(first.completed_at.to_rfc3339(), "2000-01-01T00:00:01+00:00");
        assert_eq!(&row[first.payload.clone()], b"one");
        assert_eq!(&row[first.content.clone().unwrap()], b"said");
        let second = Frame::read(&row, first.end()).unwrap();
        assert_eq!((second.format, second.wanted, second.small, second.content.clone()), (2, false, true, None));
        assert_eq!((first.bytes(), second.bytes()), (7, 0));
        assert_eq!(Frame::read(&row, second.end()), None);
    }
}
