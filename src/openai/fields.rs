//! The known fields of a body: of what type each must be. Other fields are the upstream's business.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::invalid::Invalid;
use crate::completed_request::clean;
use crate::completed_request::limits::NAME_CHARS;
use crate::json::{Members, Text, WholeNumber};

/// The type of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    Number,
    Whole,
    Array,
    Texts,
    Object,
    TextOrArray,
    TextOrTexts,
}

impl Kind {
    /// Whether a value is of this type. The value is valid JSON, so its first character tells most types.
    pub(crate) fn fits(self, value: &RawValue) -> bool {
        let json = value.get();
        match self {
            Self::Text => json.starts_with('"'),
            Self::Flag => matches!(json, "true" | "false"),
            Self::Number => json.starts_with(|c: char| c == '-' || c.is_ascii_digit()),
            Self::Whole => serde_json::from_str::<WholeNumber>(json).is_ok(),
            Self::Array => json.starts_with('['),
            Self::Texts => serde_json::from_str::<Vec<Text<'_>>>(json).is_ok(),
            Self::Object => json.starts_with('{'),
            Self::TextOrArray => json.starts_with(['"', '[']),
            Self::TextOrTexts => Self::Text.fits(value) || Self::Texts.fits(value),
        }
    }

    /// Completes "must be …".
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Whole => "a whole number",
            Self::Array => "an array",
            Self::Texts => "an array of texts",
            Self::Object => "an object",
            Self::TextOrArray => "a text or an array",
            Self::TextOrTexts => "a text or an array of texts",
        }
    }
}

/// Checks the fields that are there; `null` counts as absent.
///
/// # Errors
/// The first field of another type.
pub(crate) fn check(members: &Members<'_>, known: &[(&str, Kind)]) -> Result<(), Invalid> {
    for (name, kind) in known {
        if members.get(name).is_some_and(|value| !kind.fits(value)) {
            return Err(Invalid::wrong_type(name, kind.expected()));
        }
    }
    Ok(())
}

/// Checks that `messages` is an array of messages, each with a role and a content.
///
/// # Errors
/// What is missing or of another type.
pub(crate) fn check_messages(members: &Members<'_>) -> Result<(), Invalid> {
    let wrong = || Invalid::wrong_type("messages", "an array of messages");
    let messages: Vec<&RawValue> = members.read("messages").ok_or_else(wrong)?;
    for (index, message) in messages.into_iter().enumerate() {
        let name = |field: &str| format!("messages[{index}]{field}");
        let message = Members::of(message.get()).ok_or_else(|| Invalid::wrong_type(&name(""), "an object"))?;
        if message.read::<Text<'_>>("role").is_none() {
            return Err(Invalid::wrong_type(&name(".role"), "a text, for example `user`"));
        }
        if message.get("content").is_some_and(|content| !Kind::TextOrArray.fits(content)) {
            return Err(Invalid::wrong_type(&name(".content"), "a text, an array of parts, or null"));
        }
    }
    Ok(())
}

/// The members of a body.
///
/// # Errors
/// When it is no object; `example` says what one looks like.
pub(crate) fn members<'a>(text: &'a str, example: &str) -> Result<Members<'a>, Invalid> {
    Members::of(text).ok_or_else(|| Invalid::body(&format!("The body must be a JSON object. Send `{example}`.")))
}

/// A model's name as it is recorded, empty where there is none: Postgres refuses a row whose text holds a NUL, and nobody reads a
/// megabyte of a name.
pub(crate) fn model(members: &Members<'_>) -> String {
    let named = members.read::<Text<'_>>("model");
    named.map(|model| clean::name(&model, NAME_CHARS).into_owned()).unwrap_or_default()
}

/// A whole number.
pub(crate) fn whole(members: &Members<'_>, name: &str) -> Option<i64> {
    members.read::<WholeNumber>(name).map(|WholeNumber(whole)| whole)
}

/// Characters of a level of reasoning that are recorded.
const LEVEL_CHARS: usize = 32;

/// How much the model shall think: `reasoning_effort`, or `effort` of the object `reasoning`.
pub(crate) fn reasoning_level(members: &Members<'_>) -> Option<Text<'static>> {
    let nested = || members.read::<Members<'_>>("reasoning")?.read("effort");
    level(members.read("reasoning_effort").or_else(nested))
}

/// A level as it is recorded.
pub(crate) fn level(word: Option<Text<'_>>) -> Option<Text<'static>> {
    let level = clean::name(&word?, LEVEL_CHARS).into_owned();
    (!level.is_empty()).then(|| level.into())
}

/// Stop sequences that are recorded of one request; OpenAI allows four.
const STOP_SEQUENCES: usize = 16;
/// Characters of a stop sequence that are recorded.
const STOP_SEQUENCE_CHARS: usize = 256;

/// The texts of a field that is one text or an array of texts, as they are recorded of `stop`.
pub(crate) fn stop_sequences(members: &Members<'_>, name: &str) -> Vec<Text<'static>> {
    let one = || members.read::<Text<'_>>(name).map(|sequence| vec![sequence]);
    let sequences = members.read::<Vec<Text<'_>>>(name).or_else(one).unwrap_or_default();
    let short = |sequence: Text<'_>| {
        let shortened: String = sequence.chars().take(STOP_SEQUENCE_CHARS).collect();
        Text::from(clean::without_nul(&shortened).into_owned())
    };
    sequences.into_iter().take(STOP_SEQUENCES).map(short).collect()
}

/// How many items an array has; None where the value is no array.
pub(super) fn length(value: &RawValue) -> Option<usize> {
    serde_json::from_str::<Vec<IgnoredAny>>(value.get()).ok().map(|items| items.len())
}

/// The items of an array, left as the bytes they are; none where the value is no array.
pub(crate) fn items(value: Option<&RawValue>) -> Vec<&RawValue> {
    value.and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
}
