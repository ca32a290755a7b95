//! Strict JSON: what a caller sends is checked once, whole, before anything is done with it (spec 3.6).
//!
//! serde alone keeps the last of two equal keys, and accepts anything at all in a value that nobody reads. The
//! upstream may read it otherwise, so such a body is refused rather than guessed at.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::escapes;
use super::text::Text;

/// How deep arrays and objects may lie inside one another: just below `serde_json`'s own limit of 127, which would
/// otherwise speak first and less clearly.
const DEPTH: u8 = 126;

/// How many values a body may hold, in all. Taken apart, each costs far more memory than the two bytes that it takes as text; the
/// longest conversations and tables of probabilities have some ten thousand.
const VALUES: usize = 500_000;

/// Up to so many keys of an object are compared one by one; beyond, a set is quicker.
const KEYS_COMPARED_ONE_BY_ONE: usize = 16;

/// Why a text is not acceptable JSON.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The bytes are not UTF-8, which RFC 8259 demands.
    #[error("The body is not UTF-8 text. Send JSON encoded as UTF-8.")]
    Encoding,
    /// Not JSON, too deep, too many values, a number that no double holds, or a key twice.
    #[error("The body is not valid JSON: {0}. Correct it and send it again.")]
    Syntax(serde_json::Error),
}

/// The bytes as text, with lone surrogates repaired and every value checked. The text has the body's own memory; a body that is
/// refused stays where it is.
///
/// # Errors
/// When the body is not acceptable.
pub fn text(body: &mut Vec<u8>) -> Result<String, JsonError> {
    let text = String::from_utf8(std::mem::take(body)).map_err(|error| {
        *body = error.into_bytes();
        JsonError::Encoding
    })?;
    let text = repaired(text);
    match check(&text) {
        Ok(()) => Ok(text),
        Err(error) => {
            *body = text.into_bytes();
            Err(error)
        }
    }
}

/// What can be read of a body that is refused.
pub fn lossy(body: &[u8]) -> String {
    repaired(String::from_utf8_lossy(body).into_owned())
}

/// The text with lone surrogates replaced by U+FFFD (spec 3.6), because no other reader takes them as text.
pub fn repaired(text: String) -> String {
    match escapes::repair_surrogates(text.as_bytes()) {
        Cow::Borrowed(_) => text,
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Checks every value of a text. Lone surrogates must have been repaired before.
///
/// # Errors
/// When the text is not acceptable.
pub fn check(text: &str) -> Result<(), JsonError> {
    check_inside(text, 0)
}

/// As [`check`], of a text that is to lie `depth` levels deep in other JSON.
///
/// # Errors
/// When the text is not acceptable there.
pub fn check_inside(text: &str, depth: u8) -> Result<(), JsonError> {
    let (depth, values) = (Cell::new(depth), Cell::new(0));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Strict { depth: &depth, values: &values }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(JsonError::Syntax)
}

/// Reads any value and keeps nothing of it.
#[derive(Clone, Copy)]
struct Strict<'d> {
    depth: &'d Cell<u8>,
    values: &'d Cell<usize>,
}

impl Strict<'_> {
    fn enter<E: serde::de::Error>(self) -> Result<(), E> {
        let depth = self.depth.get() + 1;
        if depth > DEPTH {
            return Err(E::custom(format_args!("nested more than {DEPTH} levels deep")));
        }
        self.depth.set(depth);
        Ok(())
    }

    fn leave(self) {
        self.depth.set(self.depth.get() - 1);
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let values = self.values.get() + 1;
        if values > VALUES {
            return Err(D::Error::custom(format_args!("more than {VALUES} values")));
        }
        self.values.set(values);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.enter()?;
        while items.next_element_seed(self)?.is_some() {}
        self.leave();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.enter()?;
        let mut keys = Keys::default();
        while let Some(key) = members.next_key::<Text<'de>>()? {
            if let Err(key) = keys.insert(key) {
                let shown: String = key.chars().take(64).collect();
                return Err(A::Error::custom(format_args!("the key {shown:?} stands twice in the same object")));
            }
            members.next_value_seed(self)?;
        }
        self.leave();
        Ok(())
    }
}

/// The keys of one object that were met so far.
#[derive(Default)]
struct Keys<'a> {
    few: Vec<Text<'a>>,
    many: HashSet<Text<'a>>,
}

impl<'a> Keys<'a> {
    /// Gives the key back if it is there already.
    fn insert(&mut self, key: Text<'a>) -> Result<(), Text<'a>> {
        if self.few.len() < KEYS_COMPARED_ONE_BY_ONE {
            if self.few.contains(&key) {
                return Err(key);
            }
            self.few.push(key);
            return Ok(());
        }
        if self.few.contains(&key) || self.many.contains(&key) {
            return Err(key);
        }
        self.many.insert(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> String {
        check(text).unwrap_err().to_string()
    }

    #[test]
    fn ordinary_json_passes() {
        check(r#"{"a":[1,-2,3.5e3,true,null,"\u0000"],"b":{"a":{"a":"x"}}}"#).unwrap();
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        assert!(refusal(r#"{"a":1,"a":2}"#).contains("\"a\" stands twice"));
        assert!(refusal(r#"{"x":[{"b":{"a":1,"\u0061":2}}]}"#).contains("\"a\" stands twice"));
        let many: String = (0..40).map(|n| format!("\"k{n}\":0,")).collect();
        assert!(refusal(&format!("{{{many}\"k39\":1}}")).contains("\"k39\" stands twice"));
        assert!(refusal(&format!("{{{many}\"k3\":1}}")).contains("\"k3\" stands twice"));
    }

    #[test]
    fn a_number_that_no_double_holds_is_refused() {
        assert!(refusal(r#"{"temperature":1e400}"#).contains("number out of range"));
    }

    #[test]
    fn depth_is_bounded_whatever_lies_inside() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        check(&nested(DEPTH.into())).unwrap();
        assert!(refusal(&nested(usize::from(DEPTH) + 1)).contains("nested more than 126 levels"));
        assert!(refusal(&nested(10_000)).contains("nested more than 126 levels"));
        assert!(refusal(&r#"{"a":"#.repeat(10_000)).contains("nested more than 126 levels"));
    }

    #[test]
    fn many_values_are_refused_wherever_they_lie() {
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        check(&list(VALUES - 1)).unwrap();
        assert!(refusal(&list(VALUES)).contains("more than 500000 values"));
        let half = list(VALUES / 2);
        assert!(refusal(&format!(r#"{{"a":{half},"b":[{half}]}}"#)).contains("more than 500000 values"));
    }

    #[test]
    fn text_after_the_value_is_refused() {
        assert!(refusal("{} {}").contains("trailing characters"));
        assert!(refusal("").contains("EOF"));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,200}") {
            let _ = check(&text);
        }
    }
}
