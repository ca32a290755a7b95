//! Values for receivers that take only so many characters of each. What is JSON stays JSON (spec 2.4).

use std::borrow::Cow;

use serde_json::Value as Json;

use super::span::{Attribute, Phrase, Value};
use crate::completed_request::clean::CUT_MARK;

/// No text within JSON is cut below this; if that does not suffice, there are too many of them and some are left out.
const SHORTEST_TEXT: usize = 64;

/// Shortens every value of more than `most` characters.
pub(super) fn all(attributes: &mut [Attribute<'_>], most: usize) {
    for attribute in attributes {
        match &mut attribute.value {
            Value::Text(phrase) if phrase.len() > most => {
                if let Cow::Owned(short) = text(&phrase.to_string(), most) {
                    *phrase = Phrase::from(short);
                }
            }
            Value::Texts(texts) => {
                for one in texts {
                    if let Cow::Owned(short) = text(one, most) {
                        *one = Cow::Owned(short);
                    }
                }
            }
            Value::Text(_) | Value::Bool(_) | Value::Int(_) | Value::Double(_) => {}
        }
    }
}

/// `text` in at most `most` characters.
fn text(text: &str, most: usize) -> Cow<'_, str> {
    if fits(text, most) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(json(text, most).unwrap_or_else(|| cut(text, most)))
}

fn fits(text: &str, most: usize) -> bool {
    text.len() <= most || text.chars().nth(most).is_none()
}

/// None where `text` is no JSON, only a text that begins like it.
fn json(text: &str, most: usize) -> Option<String> {
    let mut value: Json = if text.starts_with(['{', '[']) { serde_json::from_str(text).ok()? } else { return None };
    let mut longest = most;
    while longest > SHORTEST_TEXT {
        longest = (longest / 4 * 3).max(SHORTEST_TEXT);
        cut_texts(&mut value, longest);
        let short = value.to_string();
        if fits(&short, most) {
            return Some(short);
        }
    }
    let empty = if text.starts_with('{') { "{}" } else { "[]" };
    while halve(&mut value) {
        let short = value.to_string();
        if fits(&short, most) {
            return Some(short);
        }
    }
    Some(empty.to_owned())
}

fn cut_texts(value: &mut Json, longest: usize) {
    match value {
        Json::String(text) if !fits(text, longest) => *text = cut(text, longest),
        Json::Array(items) => items.iter_mut().for_each(|item| cut_texts(item, longest)),
        Json::Object(members) => members.values_mut().for_each(|member| cut_texts(member, longest)),
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Leaves out the second half of the items. False when there is only one left.
fn halve(value: &mut Json) -> bool {
    match value {
        Json::Array(items) if items.len() > 1 => items.truncate(items.len() / 2),
        Json::Object(members) if members.len() > 1 => {
            let half = members.len() / 2;
            *members = std::mem::take(members).into_iter().take(half).collect();
        }
        _ => return false,
    }
    true
}

/// The beginning of `text`, and a mark where it fits.
fn cut(text: &str, most: usize) -> String {
    let mark = if CUT_MARK.chars().count() <= most { CUT_MARK } else { "" };
    let kept = text.chars().take(most - mark.chars().count());
    kept.chain(mark.chars()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn long_texts_are_cut_on_a_character_with_a_mark() {
        assert_eq!(text("äöü", 3), "äöü");
        assert_eq!(text("ääääääääääää", 10), "äää… [cut]");
        assert_eq!(text("äöüß", 3), "äöü");
        assert_eq!(text("[not json, but long]", 12), "[not … [cut]");
    }

    #[test]
    fn json_that_is_too_long_stays_json() {
        let messages = json!([{ "role": "user", "parts": [{ "type": "text", "content": "ä\"".repeat(4_000) }] }]);
        let short = text(&messages.to_string(), 1_000).into_owned();
        let read: Json = serde_json::from_str(&short).unwrap();
        assert!(read[0]["parts"][0]["content"].as_str().unwrap().ends_with(CUT_MARK), "{short}");
        assert!(short.chars().count() <= 1_000);
        let many = json!((0..5_000).collect::<Vec<_>>()).to_string();
        let read: Vec<u64> = serde_json::from_str(&text(&many, 1_000)).unwrap();
        assert!((100..1_000).contains(&read.len()), "{}", read.len());
    }

    proptest! {
        #[test]
        fn nothing_stays_too_long_and_json_stays_json(words in prop::collection::vec(any::<String>(), 0..40), most in 2_usize..300) {
            for json in [json!(words), json!({ "a": words, "b": { "c": words } })] {
                let long = json.to_string();
                let short = text(&long, most);
                prop_assert!(short.chars().count() <= most);
                prop_assert!(serde_json::from_str::<Json>(&short).is_ok());
            }
        }
    }
}
