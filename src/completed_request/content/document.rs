//! The document that is recorded of prompt and completion, written by the gateway and read by the worker.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::{self, Text};

/// The content of one completed request, at most [`CONTENT_BYTES`](crate::completed_request::limits::CONTENT_BYTES) of it.
#[derive(Clone, Default, Serialize)]
pub struct Content {
    /// JSON: the messages of the request, system and developer messages among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<Box<RawValue>>,
    /// JSON: the messages of the answer, one for each choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<Box<RawValue>>,
    /// The text of all system and developer messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_instructions: Option<String>,
    /// JSON: the tools that the model could call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<Box<RawValue>>,
    /// How many messages the request had, where some were left out for their size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) original_length: Option<u64>,
}

/// [`Content`] as the worker reads it: slices of the recorded bytes.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ContentRef<'a> {
    /// See [`Content`]; the same for all fields.
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) output: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) system_instructions: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) tools: Option<&'a RawValue>,
    pub(super) original_length: Option<u64>,
}

/// The recorded bytes are not a content document.
#[derive(Debug, thiserror::Error)]
#[error("the recorded content cannot be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

impl Content {
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
        Ok(json::read(bytes)?)
    }

    /// Bytes of the four texts, which is what they take up in a span.
    pub fn size(&self) -> usize {
        let json = |value: Option<&RawValue>| value.map_or(0, |value| value.get().len());
        let system = self.system_instructions.as_ref().map_or(0, |text| text.len());
        json(self.input) + json(self.output) + json(self.tools) + system
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
