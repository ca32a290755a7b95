//! A text that grows piece by piece, in the room that is left for content.

use std::ops::Deref;

use crate::completed_request::limits::CONTENT_BYTES;
use crate::json::Fragment;

/// Stands for half a character until its other half comes.
const REPLACEMENT: &str = "\u{fffd}";

/// Bytes that are left for the content of an answer, all choices together. A little more than what is recorded of one
/// request: what makes the record then sees that it was cut.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(CONTENT_BYTES + 1024)
    }
}

impl Room {
    /// As much of a text as there is room for, which it then has.
    pub(super) fn take<'t>(&mut self, text: &'t str) -> &'t str {
        let text = &text[..text.floor_char_boundary(self.0)];
        self.0 -= text.len();
        text
    }

    fn give_back(&mut self, bytes: usize) {
        self.0 += bytes;
    }
}

/// A text as far as it has come. Halves of a surrogate pair in neighbouring pieces become one character.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrowingText {
    text: String,
    /// The first half of the character in whose place U+FFFD ends the text.
    half: Option<u16>,
}

impl GrowingText {
    pub(super) fn push(&mut self, piece: &Fragment<'_>, room: &mut Room) {
        if piece.is_empty() {
            return;
        }
        let half = self.half.take();
        if let Some(low) = piece.low {
            self.push_low(half, low, room);
        }
        self.text.push_str(room.take(&piece.text));
        if piece.high.is_some() && self.push_replacement(room) {
            self.half = piece.high;
        }
    }

    fn push_low(&mut self, half: Option<u16>, low: u16, room: &mut Room) {
        let joined = half.and_then(|high| char::decode_utf16([high, low]).next()?.ok());
        let Some(joined) = joined else {
            self.push_replacement(room);
            return;
        };
        self.text.pop();
        room.give_back(REPLACEMENT.len());
        self.text.push_str(room.take(joined.encode_utf8(&mut [0; 4])));
    }

    /// False when there is no room for it.
    fn push_replacement(&mut self, room: &mut Room) -> bool {
        let fitting = room.take(REPLACEMENT);
        self.text.push_str(fitting);
        !fitting.is_empty()
    }
}

impl Deref for GrowingText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl From<&str> for GrowingText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for GrowingText {
    fn from(text: String) -> Self {
        Self { text, half: None }
    }
}
