//! Prompt and completion, in the shape of the GenAI semantic conventions:
//! `[{"role": …, "parts": [{"type": …, "content": …}]}]`.
//!
//! The document is made once, when the request is recorded, so that the worker copies its messages into the trace
//! without understanding them.

mod conversation;
mod fit;
mod media;
mod message;
mod openai;
mod tools;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use self::conversation::Conversation;
pub use self::openai::{AnsweredChoice, AnsweredToolCall, ChatParts};
use super::limits::CONTENT_BYTES;
use super::{Text, text};

/// The content of one completed request, at most [`CONTENT_BYTES`] of it.
#[derive(Clone, Default, Serialize)]
pub struct Content {
    /// JSON: the messages of the request, system and developer messages among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Box<RawValue>>,
    /// JSON: the messages of the answer, one for each choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Box<RawValue>>,
    /// The text of all system and developer messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instructions: Option<String>,
    /// JSON: the tools that the model could call.
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Box<RawValue>>,
    /// How many messages the request had, where some were left out for their size.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_length: Option<u64>,
}

/// [`Content`] as the worker reads it: slices of the recorded bytes.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ContentRef<'a> {
    /// See [`Content`]; the same for all fields.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    system_instructions: Option<Text<'a>>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    original_length: Option<u64>,
}

/// The recorded bytes are not a content document.
#[derive(Debug, thiserror::Error)]
#[error("the recorded content cannot be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

impl Content {
    /// What was asked and answered in an OpenAI chat completion. Never fails: what cannot be understood is left out, and
    /// what is too large is cut.
    pub fn from_chat(request: ChatParts<'_>, answer: &[AnsweredChoice]) -> Self {
        openai::content(&request, answer, CONTENT_BYTES)
    }

    /// The document that is recorded: UTF-8 JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts, numbers and JSON that is valid already: nothing here can fail to be written.
        serde_json::to_vec(self).unwrap_or_else(|_| b"{}".to_vec())
    }

    /// The same, borrowed.
    pub fn as_borrowed(&self) -> ContentRef<'_> {
        ContentRef {
            input: self.input.as_deref(),
            output: self.output.as_deref(),
            system_instructions: self.system_instructions.as_deref().map(Text::from),
            tools: self.tools.as_deref(),
            original_length: self.original_length,
        }
    }
}

impl<'a> ContentRef<'a> {
    /// Reads what [`Content::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        Ok(text::from_json(bytes)?)
    }

    /// Bytes of the four texts, which is what they take up in a span.
    pub fn size(&self) -> usize {
        let json = |value: Option<&RawValue>| value.map_or(0, |value| value.get().len());
        let system = self.system_instructions.as_ref().map_or(0, |text| text.len());
        json(self.input) + json(self.output) + json(self.tools) + system
    }

    /// Its texts in at most `budget` bytes: the recorded ones where they fit, else shortened ones.
    pub fn texts(&self, budget: usize) -> ContentTexts<'_> {
        if self.size() > budget {
            return Conversation::read(self).fit(budget).into();
        }
        let json = |value: Option<&'a RawValue>| value.map(|value| Cow::Borrowed(value.get()));
        ContentTexts {
            input: json(self.input),
            output: json(self.output),
            system_instructions: self.system_instructions.as_deref().map(Cow::Borrowed),
            tools: json(self.tools),
            original_length: self.original_length,
            cut: false,
        }
    }
}

/// [`Content`] as it goes onto a span.
#[derive(Default)]
pub struct ContentTexts<'a> {
    /// JSON: the messages of the request.
    pub input: Option<Cow<'a, str>>,
    /// JSON: the messages of the answer.
    pub output: Option<Cow<'a, str>>,
    /// The text of all system and developer messages.
    pub system_instructions: Option<Cow<'a, str>>,
    /// JSON: the tools that the model could call.
    pub tools: Option<Cow<'a, str>>,
    /// How many messages the request had, where some were left out.
    pub original_length: Option<u64>,
    /// Whether the recorded content was too large.
    pub cut: bool,
}

impl From<Content> for ContentTexts<'_> {
    fn from(content: Content) -> Self {
        let json = |value: Option<Box<RawValue>>| value.map(|value| Cow::Owned(Box::<str>::from(value).into()));
        Self {
            input: json(content.input),
            output: json(content.output),
            system_instructions: content.system_instructions.map(Cow::Owned),
            tools: json(content.tools),
            original_length: content.original_length,
            cut: true,
        }
    }
}

// Content is the caller's secret: no log line may show it.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_borrowed().fmt(f)
    }
}

impl fmt::Debug for ContentRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("bytes", &self.size()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
