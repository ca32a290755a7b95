//! A text that OpenAI lets be written in two ways.

use crate::json::{Members, Text};

/// A member's text: a string, or the texts of an array of parts.
pub(super) fn text_of<'a>(message: &Members<'a>, key: &str) -> Option<Text<'a>> {
    message.read::<Text<'a>>(key).or_else(|| {
        let parts = message.read::<Vec<Members<'_>>>(key)?;
        let texts = parts.iter().filter_map(|part| part.read::<Text<'_>>("text").map(|text| text.to_string()));
        Some(Text::from(texts.collect::<Vec<_>>().join("\n")))
    })
}
