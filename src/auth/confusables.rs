//! Invisible characters, which make one name look like another on a page (Unicode Technical Report 36).

/// Whether a character is invisible or changes the direction of the text after it.
///
/// Joiners (U+200C, U+200D) do not count: several scripts and emoji need them in names.
pub(super) fn is_misleading(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

/// Whether a character joins its neighbours and is invisible itself.
pub(super) fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

#[cfg(test)]
mod tests {
    use super::super::{Email, parse_name};

    #[test]
    fn no_name_looks_like_another_by_characters_that_nobody_sees() {
        for trick in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{2028}", "\u{3164}", "\u{e0041}"] {
            assert!(parse_name(&format!("Ac{trick}me")).is_err(), "{trick:?}");
            assert!(Email::parse(&format!("ada{trick}@example.com")).is_err(), "{trick:?}");
        }
        assert!(Email::parse("ada\u{200d}@example.com").is_err());
        assert!(parse_name("\u{200d}").is_err());
    }

    #[test]
    fn names_of_all_scripts_are_taken() {
        for name in ["Ацме", "株式会社", "شرکت می\u{200c}خواهم", "👩\u{200d}💻", "Müller & Söhne", "עברית"]
        {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
    }
}
