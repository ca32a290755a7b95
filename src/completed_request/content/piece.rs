//! What of a conversation can be shortened, piece by piece.

use super::arguments::Arguments;
use crate::completed_request::clean;
use crate::json::Text;

/// A text that can be cut, or a value that can only be left out.
pub(super) enum Piece<'p, 'a> {
    Text(&'p mut Text<'a>),
    Arguments(&'p mut Arguments<'a>),
    /// A tool's schema of so many bytes: whole, or left out.
    Schema(usize),
}

impl Piece<'_, '_> {
    /// Bytes when written as JSON, without the quotes of a text.
    pub(super) fn json_bytes(&self) -> usize {
        match self {
            Self::Text(text) => clean::json_bytes(text),
            Self::Arguments(arguments) => arguments.json_bytes(),
            Self::Schema(bytes) => *bytes,
        }
    }

    /// Cuts it to at most `max_bytes` of JSON. A schema stays.
    pub(super) fn cut(self, max_bytes: usize) {
        match self {
            Self::Text(text) => clean::cut_json_in_place(text, max_bytes),
            Self::Arguments(arguments) => arguments.cut(max_bytes),
            Self::Schema(_) => {}
        }
    }
}
