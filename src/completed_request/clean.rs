//! Cleaning and cutting of texts that callers send: names, identifiers, metadata, content.

use std::borrow::Cow;

use crate::json::Text;

/// Stands at the end of a name that was cut.
const ELLIPSIS: char = '…';

/// Stands at the end of a longer text that was cut.
pub const CUT_MARK: &str = "… [cut]";

/// `text` with every NUL replaced by U+FFFD (spec 3.6): receivers and databases choke on it.
pub fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// A name or identifier: NUL replaced, other control characters removed, trimmed, at most `max_chars` characters.
/// May come out empty.
pub fn name(text: &str, max_chars: usize) -> Cow<'_, str> {
    // Bytes are enough to see that no control character is there: those of C1 (U+0080 to U+009F) begin with 0xC2.
    let suspect = |byte: u8| byte < 0x20 || byte == 0x7f || byte == 0xc2;
    // Without an early end, so that the compiler looks at many bytes at once.
    if !text.bytes().fold(false, |found, byte| found | suspect(byte)) {
        return cut_chars(text.trim(), max_chars);
    }
    let kept: String = text
        .chars()
        .map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c })
        .filter(|c| !c.is_control())
        .collect();
    Cow::Owned(cut_chars(kept.trim(), max_chars).into_owned())
}

/// At most `max_chars` characters; what was cut ends in an ellipsis.
fn cut_chars(text: &str, max_chars: usize) -> Cow<'_, str> {
    if text.len() <= max_chars || text.chars().nth(max_chars).is_none() {
        return Cow::Borrowed(text);
    }
    let mut cut: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push(ELLIPSIS);
    Cow::Owned(cut)
}

/// At most `max_bytes` bytes, cut on a character boundary; what was cut ends in [`CUT_MARK`] where that fits.
pub fn cut_bytes(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    let mark = if CUT_MARK.len() <= max_bytes { CUT_MARK } else { "" };
    let kept = &text[..text.floor_char_boundary(max_bytes - mark.len())];
    Cow::Owned(format!("{kept}{mark}"))
}

/// Bytes of `text` as JSON, without the quotes around it.
pub fn json_bytes(text: &str) -> usize {
    text.bytes().map(json_bytes_of).sum()
}

/// At most `max_bytes` bytes of JSON, without the quotes around it; what was cut ends in [`CUT_MARK`] where that fits.
pub fn cut_json(text: &str, max_bytes: usize) -> Cow<'_, str> {
    // No byte takes more than six in JSON.
    if text.len() <= max_bytes / 6 || json_bytes(text) <= max_bytes {
        return Cow::Borrowed(text);
    }
    let mark = if CUT_MARK.len() <= max_bytes { CUT_MARK } else { "" };
    let (mut room, mut kept) = (max_bytes - mark.len(), 0);
    for byte in text.bytes() {
        let Some(left) = room.checked_sub(json_bytes_of(byte)) else { break };
        room = left;
        kept += 1;
    }
    Cow::Owned(format!("{}{mark}", &text[..text.floor_char_boundary(kept)]))
}

/// The same in place.
pub fn cut_json_in_place(text: &mut Text<'_>, max_bytes: usize) {
    let cut = cut_json(text, max_bytes);
    if cut.len() < text.len() {
        *text = cut.into_owned().into();
    }
}

/// How `serde_json` writes a byte of a text.
fn json_bytes_of(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_freed_of_control_characters_and_cut() {
        assert_eq!(name("  plain name ", 512), "plain name");
        assert_eq!(name("a\u{7}b\nc\0d\u{85}", 512), "abc\u{fffd}d");
        assert_eq!(name(" \t\r\n ", 512), "");
        assert_eq!(name("äöüß", 4), "äöüß");
        assert_eq!(name("äöüßx", 4), "äöü…");
        assert_eq!(name(&"n".repeat(10_000), 512).chars().count(), 512);
    }

    #[test]
    fn texts_are_cut_by_their_length_in_json() {
        let all: String = (0..0x250_u32).filter_map(char::from_u32).collect();
        assert_eq!(json_bytes(&all), serde_json::to_string(&all).unwrap().len() - 2);
        for max_bytes in 0..json_bytes(&all) + 2 {
            let cut = cut_json(&all, max_bytes);
            let written = json_bytes(&cut);
            assert!(
                written <= max_bytes && written + 6 + CUT_MARK.len() >= max_bytes.min(json_bytes(&all)),
                "{max_bytes}"
            );
        }
        assert_eq!(cut_json("\"\"\"\"\"\"\"\"\"\"", 16), "\"\"\"… [cut]");
        assert_eq!(cut_json("ääääääääää", 16), "äää… [cut]");
        assert_eq!(cut_json("short", 5), "short");
    }

    #[test]
    fn long_texts_are_cut_on_a_character_boundary_with_a_mark() {
        assert_eq!(cut_bytes("short", 5), "short");
        let cut = cut_bytes("ääääääääää", 16);
        assert_eq!(cut, "äää… [cut]");
        assert!(cut.len() <= 16);
        assert_eq!(cut_bytes("ääää", 3), "ä");
        assert_eq!(cut_bytes("ääää", 0), "");
    }
}
