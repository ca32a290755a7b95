//! Invisible characters: they make one name look like another on a page (Unicode Technical Report 36), and come along with what is
//! copied from one.

/// Whether a character is invisible or changes the direction of the text after it.
///
/// Joiners (U+200C, U+200D) do not count: several scripts and emoji need them in names.
pub fn is_misleading(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

/// Whether a character joins its neighbours and is invisible itself.
pub fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

/// Whether nobody sees a character: white space, too.
pub fn is_unseen(character: char) -> bool {
    character.is_whitespace() || is_misleading(character) || is_joiner(character)
}
