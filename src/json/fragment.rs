//! A piece of a text that a stream may have cut in the middle of a character.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

use super::escapes;
use super::text::Text;

/// Bytes of one escape: `\ud83d`.
const ESCAPE: usize = 6;

/// A JSON text whose ends may be halves of a surrogate pair: `"Hi \ud83d"`, then `"\ude00 there"`. A half within it
/// belongs to nothing and is U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fragment<'a> {
    /// The second half of a character whose first half ended the fragment before.
    pub low: Option<u16>,
    pub text: Text<'a>,
    /// The first half of a character whose second half begins the next fragment.
    pub high: Option<u16>,
}

impl<'a> Fragment<'a> {
    /// None when the value is no text.
    pub fn of(json: &'a RawValue) -> Option<Self> {
        let json = json.get();
        if !json.starts_with('"') {
            return None;
        }
        // Only an unpaired surrogate makes a valid JSON text unreadable.
        match serde_json::from_str(json) {
            Ok(text) => Some(Self { low: None, text, high: None }),
            Err(_) => Self::repaired(json),
        }
    }

    fn repaired(json: &str) -> Option<Self> {
        let repaired = escapes::repair_surrogates(json.as_bytes());
        // The repair keeps lengths, so an escape that it changed stands where it stood.
        let lone = |at: usize| {
            let changed = repaired.get(at..at + ESCAPE)? != json.as_bytes().get(at..at + ESCAPE)?;
            escapes::escaped_unit(json.as_bytes(), at).filter(|_| changed)
        };
        let (mut start, mut end) = (1, json.len() - 1);
        let low = lone(start).filter(|unit| escapes::is_low(*unit));
        if low.is_some() {
            start += ESCAPE;
        }
        let last = end.checked_sub(ESCAPE).filter(|last| *last >= start);
        let high = last.and_then(lone).filter(|unit| escapes::is_high(*unit));
        if high.is_some() {
            end -= ESCAPE;
        }
        let inner = String::from_utf8_lossy(repaired.get(start..end)?);
        let text: String = serde_json::from_str(&format!("\"{inner}\"")).ok()?;
        Some(Self { low, text: text.into(), high })
    }

    pub fn is_empty(&self) -> bool {
        self.low.is_none() && self.text.is_empty() && self.high.is_none()
    }
}

impl<'a> From<Text<'a>> for Fragment<'a> {
    fn from(text: Text<'a>) -> Self {
        Self { low: None, text, high: None }
    }
}

impl<'a> From<&'a str> for Fragment<'a> {
    fn from(text: &'a str) -> Self {
        Text::from(text).into()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fragment<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json: &'de RawValue = Deserialize::deserialize(deserializer)?;
        Self::of(json).ok_or_else(|| D::Error::custom("not a text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(json: &str) -> Fragment<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn fragment_keeps_halves_at_its_ends_and_repairs_those_within() {
        let of = |low, text: &'static str, high| Fragment { low, text: text.into(), high };
        for (json, expected) in [
            (r#""plain \n \ud83d\ude00""#, of(None, "plain \n 😀", None)),
            (r#""Hi \ud83d""#, of(None, "Hi ", Some(0xd83d))),
            (r#""\uDE00 there""#, of(Some(0xde00), " there", None)),
            (r#""\ude00\ud83d""#, of(Some(0xde00), "", Some(0xd83d))),
            (r#""\ud83d""#, of(None, "", Some(0xd83d))),
            (r#""a\ud83db\ude00c""#, of(None, "a\u{fffd}b\u{fffd}c", None)),
            (r#""\ud83dx""#, of(None, "\u{fffd}x", None)),
            (r#""\ud83d\\ud83d""#, of(None, "\u{fffd}\\ud83d", None)),
            (r#""""#, of(None, "", None)),
        ] {
            assert_eq!(fragment(json), expected, "{json}");
        }
        assert!(serde_json::from_str::<Fragment<'_>>("7").is_err());
    }
}
