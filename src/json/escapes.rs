//! Repair of JSON escapes that no text can hold: lone surrogates and NUL (spec 3.6).

use std::borrow::Cow;

/// `json` with every unpaired surrogate escape (`"\ud800"`) turned into `\ufffd`. `serde_json` refuses them; callers
/// whose texts were cut in the middle of an emoji send them. Lengths do not change.
pub fn repair_surrogates(json: &[u8]) -> Cow<'_, [u8]> {
    repair_units(json, |_| false)
}

/// As [`repair_surrogates`], and `\u0000` too becomes `\ufffd`: for JSON that is kept as text.
pub fn repair(json: &str) -> Cow<'_, str> {
    match repair_units(json.as_bytes(), |unit| unit == 0) {
        Cow::Borrowed(_) => Cow::Borrowed(json),
        // Only ASCII digits were replaced by ASCII digits, so this is never lossy.
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Replaces each `\uXXXX` that is an unpaired surrogate or `unwanted`.
fn repair_units(json: &[u8], unwanted: fn(u16) -> bool) -> Cow<'_, [u8]> {
    let mut repaired = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(next) = json[at..].iter().position(|byte| *byte == b'\\') {
        at += next;
        let Some(unit) = escaped_unit(json, at) else {
            // Another escape (also `\\`, whose second half must not be read as a beginning).
            at = (at + 2).min(json.len());
            continue;
        };
        let pair = is_high(unit) && escaped_unit(json, at + 6).is_some_and(is_low);
        if pair {
            at += 12;
            continue;
        }
        if is_high(unit) || is_low(unit) || unwanted(unit) {
            repaired.to_mut()[at + 2..at + 6].copy_from_slice(b"fffd");
        }
        at += 6;
    }
    repaired
}

/// The UTF-16 unit of a `\uXXXX` that begins at `at`.
pub(super) fn escaped_unit(json: &[u8], at: usize) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = json.get(at..at + 6)? else { return None };
    digits.iter().try_fold(0_u16, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

pub fn is_high(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

pub fn is_low(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn repaired(json: &str) -> String {
        String::from_utf8(repair_surrogates(json.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(repaired(r#""\ud800""#), r#""\ufffd""#);
        assert_eq!(repaired(r#""\uDC00x""#), r#""\ufffdx""#);
        assert_eq!(repaired(r#""\ud83d\ud83d\ude00""#), r#""\ufffd\ud83d\ude00""#);
        assert_eq!(repaired(r#""\ud83d\n""#), r#""\ufffd\n""#);
    }

    #[test]
    fn pairs_and_escaped_backslashes_stay() {
        for json in [r#""\ud83d\ude00""#, r#""\\ud800""#, r#""\u0000""#, r#""\u12""#, r"\", r#""plain""#] {
            assert_eq!(repaired(json), json);
        }
    }

    #[test]
    fn nul_is_replaced_where_json_is_kept_as_text() {
        assert_eq!(repair(r#"{"a":"\u0000\\u0000"}"#), r#"{"a":"\ufffd\\u0000"}"#);
    }

    proptest! {
        #[test]
        fn any_string_of_escapes_parses_after_repair(units in prop::collection::vec(any::<u16>(), 0..20)) {
            let json = units.iter().fold(String::from("\""), |json, unit| format!("{json}\\u{unit:04x}")) + "\"";
            prop_assert!(serde_json::from_slice::<String>(&repair_surrogates(json.as_bytes())).is_ok());
        }
    }
}
