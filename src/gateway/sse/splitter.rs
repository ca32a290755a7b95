//! Takes a stream of events apart, in whatever pieces its bytes come. The pieces that it gives are the stream's own bytes.

use bytes::{Bytes, BytesMut};

/// An event that is longer is passed on in pieces, unread. Far above any chunk that holds text; most images fit too.
const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// The longest empty line with the line end before it: `\r\n\r\n`.
const BOUNDARY_BYTES: usize = 4;

/// Collects bytes until they make an event.
#[derive(Debug, Default)]
pub struct Splitter {
    pending: BytesMut,
    /// Where the line that is arriving begins in `pending`.
    line: usize,
    /// No line ends between `line` and this place.
    searched: usize,
    /// The event that is arriving is too long: its pieces are passed on as they come.
    overlong: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A whole event with the empty line that ends it.
    Event(Bytes),
    /// A comment or an empty line that stands before an event or between its lines. A server sends them while its model is
    /// silent, so that nobody takes the connection for dead.
    Filler(Bytes),
    /// Part of an event that is too long to be read.
    Unread(Bytes),
}

impl Splitter {
    /// Takes what came in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Bytes that wait for the end of their event.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Passes on the pieces of the event that is arriving as they come, unread.
    pub fn give_up_event(&mut self) {
        self.overlong = true;
    }

    /// The next piece that can be passed on.
    pub fn next_piece(&mut self) -> Option<Piece> {
        while let Some((end, next)) = self.end_of_line() {
            let first = self.pending[self.line..end].first();
            match (first, self.line) {
                (None, 0) if !self.overlong => return Some(Piece::Filler(self.take(0, next))),
                (None, _) => {
                    let event = self.take(0, next);
                    let unread = std::mem::take(&mut self.overlong);
                    return Some(if unread { Piece::Unread(event) } else { Piece::Event(event) });
                }
                (Some(b':'), line) if !self.overlong => return Some(Piece::Filler(self.take(line, next))),
                (Some(_), _) => self.line = next,
            }
            self.searched = self.line;
        }
        self.overlong |= self.pending.len() > EVENT_BYTES;
        if self.overlong && self.pending.len() > BOUNDARY_BYTES {
            // The last bytes stay: they may be the first half of the empty line.
            let length = self.pending.len() - BOUNDARY_BYTES;
            let unread = self.pending.split_to(length).freeze();
            (self.line, self.searched) = (self.line.saturating_sub(length), self.searched.saturating_sub(length));
            return Some(Piece::Unread(unread));
        }
        None
    }

    /// What is left when the stream has ended.
    pub fn rest(&mut self) -> Option<Bytes> {
        (self.line, self.searched) = (0, 0);
        (!self.pending.is_empty()).then(|| self.pending.split().freeze())
    }

    /// Whether part of an event has been passed on already.
    pub fn is_within_event(&self) -> bool {
        self.overlong
    }

    /// Where the line that is arriving ends, and where the next one begins.
    fn end_of_line(&mut self) -> Option<(usize, usize)> {
        let found = self.pending[self.searched..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.searched = found.map_or(self.pending.len(), |offset| self.searched + offset);
        found?;
        Some((self.searched, after_line_end(&self.pending, self.searched)?))
    }

    /// Takes bytes out. Those before them stay, as an event whose lines are arriving.
    fn take(&mut self, from: usize, to: usize) -> Bytes {
        (self.line, self.searched) = (from, from);
        let mut rest = self.pending.split_off(from);
        let taken = rest.split_to(to - from).freeze();
        self.pending.unsplit(rest);
        taken
    }
}

/// The place after the line end at `at`, which is LF, CR LF or CR; None while a CR is the last byte that came, because
/// an LF may follow and belong to it.
fn after_line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match (bytes[at], bytes.get(at + 1)) {
        (b'\n', _) => Some(at + 1),
        (_, Some(b'\n')) => Some(at + 2),
        (_, Some(_)) => Some(at + 1),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<Piece> {
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for piece in pieces {
            splitter.push(piece);
            found.extend(std::iter::from_fn(|| splitter.next_piece()));
        }
        found.extend(splitter.rest().map(Piece::Unread));
        found
    }

    fn bytes_of<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> Vec<u8> {
        let bytes = |piece: &Piece| match piece {
            Piece::Event(bytes) | Piece::Filler(bytes) | Piece::Unread(bytes) => bytes.to_vec(),
        };
        pieces.into_iter().flat_map(bytes).collect()
    }

    fn event(bytes: &'static str) -> Piece {
        Piece::Event(Bytes::from_static(bytes.as_bytes()))
    }

    fn filler(bytes: &'static str) -> Piece {
        Piece::Filler(Bytes::from_static(bytes.as_bytes()))
    }

    #[test]
    fn events_end_at_an_empty_line_of_any_kind() {
        let found = split(&[b"data: 1\n\ndata: 2\r\n\r\n: ping\r\rdata: 3\r\n\ndata: 4"]);
        let expected = ["data: 1\n\n", "data: 2\r\n\r\n"].map(event);
        assert_eq!(found[..2], expected);
        assert_eq!(found[2..5], [filler(": ping\r"), filler("\r"), event("data: 3\r\n\n")]);
        assert_eq!(found[5], Piece::Unread(Bytes::from_static(b"data: 4")));
    }

    #[test]
    fn an_event_is_given_as_soon_as_it_is_whole() {
        let mut splitter = Splitter::default();
        splitter.push(b"data: 1\n");
        assert_eq!(splitter.next_piece(), None);
        splitter.push(b"\n");
        assert_eq!(splitter.next_piece(), Some(event("data: 1\n\n")));
    }

    #[test]
    fn a_comment_waits_neither_for_its_empty_line_nor_for_the_event_around_it() {
        let mut splitter = Splitter::default();
        splitter.push(b": ping\n");
        assert_eq!(splitter.next_piece(), Some(filler(": ping\n")));
        splitter.push(b"\nevent: a\ndat");
        assert_eq!(splitter.next_piece(), Some(filler("\n")));
        assert_eq!(splitter.next_piece(), None);
        splitter.push(b"a: 1\n:\ndata");
        assert_eq!(splitter.next_piece(), Some(filler(":\n")));
        assert_eq!(splitter.next_piece(), None);
        splitter.push(b": 2\n\n");
        assert_eq!(splitter.next_piece(), Some(event("event: a\ndata: 1\ndata: 2\n\n")));
    }

    #[test]
    fn an_overlong_event_is_passed_on_unread_and_the_next_one_is_read_again() {
        let long = vec![b'x'; EVENT_BYTES + 10];
        let found = split(&[b"data: ", &long, b"yyy\n", b"\ndata: 2\n\n"]);
        assert_eq!(found.last(), Some(&event("data: 2\n\n")));
        assert!(found[..found.len() - 1].iter().all(|piece| matches!(piece, Piece::Unread(_))));
        assert_eq!(bytes_of(&found).len(), 6 + long.len() + 5 + 9);
    }

    /// The lines of a text with their ends, and whether each is a comment. A CR at the end of all may be half of a line end.
    fn lines(mut text: &[u8]) -> Vec<(&[u8], bool)> {
        let mut lines = Vec::new();
        while let Some(end) = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let next = after_line_end(text, end);
            let (line, rest) = text.split_at(next.unwrap_or(text.len()));
            lines.push((line, next.is_some() && line.starts_with(b":")));
            text = rest;
        }
        lines.push((text, false));
        lines
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_events(
            text in "(data: [a-z]{0,5}|:|\n|\r\n|\r|\n\n){0,30}", cuts in proptest::collection::vec(0_usize..200, 0..20)
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let found = split(&pieces);
            let is_comment = |piece: &&Piece| matches!(piece, Piece::Filler(bytes) if bytes.starts_with(b":"));
            let of = |comments: bool| -> Vec<u8> {
                lines(bytes).into_iter().filter(|line| line.1 == comments).flat_map(|line| line.0.to_vec()).collect()
            };
            prop_assert_eq!(bytes_of(found.iter().filter(is_comment)), of(true));
            prop_assert_eq!(bytes_of(found.iter().filter(|piece| !is_comment(piece))), of(false));
            prop_assert_eq!(found, split(&[bytes]));
        }
    }
}
