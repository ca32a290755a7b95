//! Where words begin and end.

/// Whether words are made of it.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
