//! The arguments of a tool call: an object where the model wrote one.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

use crate::completed_request::clean;
use crate::json::{Text, check_inside, escapes};

/// How deep the arguments of a tool call lie in a list of messages: list, message, parts, part.
const DEPTH: u8 = 4;

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Arguments<'a> {
    /// As the model wrote it.
    Object(Cow<'a, RawValue>),
    /// No object, or one that was cut.
    Text(Text<'a>),
}

impl<'a> Arguments<'a> {
    /// Models write arguments as text. Receivers show an object as a table.
    pub(crate) fn of(text: Text<'a>) -> Self {
        match object(&text) {
            Some(object) => Self::Object(Cow::Owned(object)),
            None => Self::Text(text),
        }
    }

    /// As the model wrote it.
    pub(crate) fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Object(Cow::Borrowed(json)) => Cow::Borrowed(json.get()),
            Self::Object(Cow::Owned(json)) => Cow::Owned(json.get().to_owned()),
            Self::Text(text) => text.0.clone(),
        }
    }

    /// The same, free of the bytes it was read from.
    pub(super) fn into_owned(self) -> Arguments<'static> {
        match self {
            Self::Object(json) => Arguments::Object(Cow::Owned(json.into_owned())),
            Self::Text(text) => Arguments::Text(text.into_owned()),
        }
    }

    /// Cuts what is longer than `max_bytes` when written as JSON.
    pub(super) fn cut(&mut self, max_bytes: usize) {
        match self {
            // A text has two quotes that the object has not.
            Self::Object(json) if json.get().len() > max_bytes => {
                let cut = clean::cut_json(json.get(), max_bytes.saturating_sub(2)).into_owned();
                *self = Self::Text(cut.into());
            }
            Self::Object(_) => {}
            Self::Text(text) => clean::cut_json_in_place(text, max_bytes),
        }
    }

    /// Bytes when written as JSON, without the quotes of a text.
    pub(super) fn json_bytes(&self) -> usize {
        match self {
            Self::Object(json) => json.get().len(),
            Self::Text(text) => clean::json_bytes(text),
        }
    }
}

/// The text as an object that every reader of JSON takes.
fn object(text: &str) -> Option<Box<RawValue>> {
    if !text.trim_ascii_start().starts_with('{') {
        return None;
    }
    let json = escapes::repair(text);
    check_inside(&json, DEPTH).ok()?;
    Some(serde_json::from_str::<&RawValue>(&json).ok()?.to_owned())
}

impl PartialEq for Arguments<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(one), Self::Object(two)) => one.get() == two.get(),
            (Self::Text(one), Self::Text(two)) => one == two,
            _ => false,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Arguments<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?;
        if json.get().starts_with('{') {
            return Ok(Self::Object(Cow::Borrowed(json)));
        }
        serde_json::from_str(json.get()).map(Self::Text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_object_where_they_are_one_that_everybody_reads() {
        let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        for (text, expected) in [
            (" {\"city\": \"Paris\"}\n", "{\"city\": \"Paris\"}"),
            ("{}", "{}"),
            ("{\"nul\":\"\\u0000\",\"half\":\"\\ud800\"}", "{\"nul\":\"\\ufffd\",\"half\":\"\\ufffd\"}"),
            ("{\"a\":", "\"{\\\"a\\\":\""),
            ("{\"a\":1,\"a\":2}", "\"{\\\"a\\\":1,\\\"a\\\":2}\""),
            ("[1]", "\"[1]\""),
            ("Paris", "\"Paris\""),
        ] {
            assert_eq!(serde_json::to_string(&Arguments::of(text.into())).unwrap(), expected);
        }
        assert!(matches!(Arguments::of(deep(100).into()), Arguments::Object(_)));
        assert!(matches!(Arguments::of(deep(124).into()), Arguments::Text(_)), "too deep inside the messages");
    }

    #[test]
    fn arguments_that_are_cut_are_a_text() {
        let mut arguments = Arguments::of(format!("{{\"a\":\"{}\"}}", "x".repeat(100)).into());
        let bytes = arguments.json_bytes();
        arguments.cut(bytes);
        assert_eq!(arguments.json_bytes(), bytes);
        arguments.cut(bytes - 1);
        let Arguments::Text(text) = &arguments else { panic!("{arguments:?}") };
        assert!(text.starts_with("{\"a\":\"xxx") && text.ends_with(clean::CUT_MARK), "{text}");
        assert!(serde_json::to_string(&arguments).unwrap().len() < bytes);
    }
}
