//! Server-sent events (WHATWG HTML, "Event stream interpretation"): bytes in any pieces become whole events, whose
//! own bytes are kept.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

/// An event that is longer is passed on in pieces, unread. Far above any chunk that holds text; most images fit too.
const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// The longest empty line with the line end before it: `\r\n\r\n`.
const BOUNDARY_BYTES: usize = 4;

/// Collects bytes until they make an event.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    pending: BytesMut,
    /// No event ends before this place of `pending`.
    searched: usize,
    /// The event that is arriving is too long: its pieces are passed on as they come.
    overlong: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A whole event with the empty line that ends it.
    Event(Bytes),
    /// Part of an event that is too long to be read.
    Unread(Bytes),
}

impl Splitter {
    /// Takes what came in.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Bytes that wait for the end of their event.
    pub(super) fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Passes on the pieces of the event that is arriving as they come, unread.
    pub(super) fn give_up_event(&mut self) {
        self.overlong = true;
    }

    /// The next piece that can be passed on.
    pub(super) fn next_piece(&mut self) -> Option<Piece> {
        if let Some(end) = self.end_of_event() {
            self.searched = 0;
            let event = self.pending.split_to(end).freeze();
            return Some(if std::mem::take(&mut self.overlong) { Piece::Unread(event) } else { Piece::Event(event) });
        }
        self.overlong |= self.pending.len() > EVENT_BYTES;
        if self.overlong && self.pending.len() > BOUNDARY_BYTES {
            self.searched = 0;
            // The last bytes stay: they may be the first half of the empty line.
            let length = self.pending.len() - BOUNDARY_BYTES;
            return Some(Piece::Unread(self.pending.split_to(length).freeze()));
        }
        None
    }

    /// What is left when the stream has ended.
    pub(super) fn rest(&mut self) -> Option<Bytes> {
        self.searched = 0;
        (!self.pending.is_empty()).then(|| self.pending.split().freeze())
    }

    /// Whether part of an event has been passed on already.
    pub(super) fn is_within_event(&self) -> bool {
        self.overlong
    }

    /// Where the first event ends: after an empty line.
    fn end_of_event(&mut self) -> Option<usize> {
        while let Some(offset) = self.pending[self.searched..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.searched += offset;
            let next = after_line_end(&self.pending, self.searched)?;
            match self.pending.get(next)? {
                b'\n' | b'\r' => return after_line_end(&self.pending, next),
                _ => self.searched = next,
            }
        }
        self.searched = self.pending.len();
        None
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

/// One line of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The value of a `data` field.
    Data(&'a str),
    /// The line of an `event` field and its value.
    Name(&'a str, &'a str),
    /// Any other field, a comment, or an empty line.
    Other(&'a str),
}

/// The lines of an event; None if it is not UTF-8.
pub(super) fn lines(event: &[u8]) -> Option<impl Iterator<Item = Line<'_>>> {
    let text = std::str::from_utf8(event).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    Some(lines.map(|line| match line.split_once(':').unwrap_or((line, "")) {
        ("data", value) => Line::Data(value.strip_prefix(' ').unwrap_or(value)),
        ("event", value) => Line::Name(line, value.strip_prefix(' ').unwrap_or(value)),
        _ => Line::Other(line),
    }))
}

/// An event as its receiver understands it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// Empty where it has none.
    pub(super) name: &'a str,
    pub(super) data: Cow<'a, str>,
}

/// Reads an event, the lines of its data joined as the standard says. None when it has no data.
pub(super) fn read(event: &[u8]) -> Option<Event<'_>> {
    let (mut name, mut joined) = ("", None::<Cow<'_, str>>);
    for line in lines(event)? {
        match (line, &mut joined) {
            (Line::Data(value), None) => joined = Some(Cow::Borrowed(value)),
            (Line::Data(value), Some(text)) => {
                let text = text.to_mut();
                text.push('\n');
                text.push_str(value);
            }
            (Line::Name(_, value), _) => name = value,
            (Line::Other(_), _) => {}
        }
    }
    joined.map(|data| Event { name, data })
}

/// The same event with other data: its other lines stay.
pub(super) fn with_data(event: &[u8], data: &str) -> Vec<u8> {
    let mut written = String::with_capacity(event.len() + 128);
    let others = lines(event).into_iter().flatten().filter_map(|line| match line {
        Line::Name(line, _) => Some(line),
        Line::Other(line) if !line.is_empty() => Some(line),
        _ => None,
    });
    for line in others {
        written.push_str(line);
        written.push('\n');
    }
    written.push_str("data: ");
    written.push_str(data);
    written.push_str("\n\n");
    written.into_bytes()
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

    fn bytes_of(pieces: &[Piece]) -> Vec<u8> {
        pieces.iter().flat_map(|(Piece::Event(bytes) | Piece::Unread(bytes))| bytes.to_vec()).collect()
    }

    #[test]
    fn events_end_at_an_empty_line_of_any_kind() {
        let found = split(&[b"data: 1\n\ndata: 2\r\n\r\n: ping\r\rdata: 3\r\n\ndata: 4"]);
        let expected: [&[u8]; 4] = [b"data: 1\n\n", b"data: 2\r\n\r\n", b": ping\r\r", b"data: 3\r\n\n"];
        assert_eq!(found[..4], expected.map(|event| Piece::Event(Bytes::from_static(event))));
        assert_eq!(found[4], Piece::Unread(Bytes::from_static(b"data: 4")));
    }

    #[test]
    fn an_event_is_given_as_soon_as_it_is_whole() {
        let mut splitter = Splitter::default();
        splitter.push(b"data: 1\n");
        assert_eq!(splitter.next_piece(), None);
        splitter.push(b"\n");
        assert_eq!(splitter.next_piece(), Some(Piece::Event(Bytes::from_static(b"data: 1\n\n"))));
    }

    #[test]
    fn an_overlong_event_is_passed_on_unread_and_the_next_one_is_read_again() {
        let long = vec![b'x'; EVENT_BYTES + 10];
        let found = split(&[b"data: ", &long, b"yyy\n", b"\ndata: 2\n\n"]);
        assert_eq!(found.last(), Some(&Piece::Event(Bytes::from_static(b"data: 2\n\n"))));
        assert!(found[..found.len() - 1].iter().all(|piece| matches!(piece, Piece::Unread(_))));
        assert_eq!(bytes_of(&found).len(), 6 + long.len() + 5 + 9);
    }

    #[test]
    fn data_is_read_and_replaced_with_other_lines_kept() {
        let event = b"event: chunk\r\nid: 7\r\ndata: {\"a\":\r\ndata:1}\r\n\r\n";
        assert_eq!(read(event), Some(Event { name: "chunk", data: "{\"a\":\n1}".into() }));
        assert_eq!(with_data(event, "{}"), b"event: chunk\nid: 7\ndata: {}\n\n");
        assert_eq!(read(b": OPENROUTER PROCESSING\n\n"), None);
        assert_eq!(read(b"database: 1\n\n"), None);
        assert_eq!(read(b"data\n\n"), Some(Event { name: "", data: "".into() }));
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
            prop_assert_eq!(bytes_of(&found), bytes);
            prop_assert_eq!(found, split(&[bytes]));
        }
    }
}
