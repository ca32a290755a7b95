//! The document that is recorded of prompt and completion, written by the gateway and read by the worker.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::{self, Text};

/// The content of one completed request, at most [`CONTENT_BYTES`](crate::completed_request::limits::CONTENT_BYTES) of it.
#[derive(Clone, Default, Serialize)]
pub struct Content {
    /// JSON: the messages of the request, without those of system and developer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<Box<RawValue>>,
    /// JSON: the messages of the answer, one for each choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<Box<RawValue>>,
    /// JSON: the parts of all system and developer messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_instructions: Option<Box<RawValue>>,
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
    pub(super) system_instructions: Option<&'a RawValue>,
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
            system_instructions: self.system_instructions.as_deref(),
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
        json(self.input) + json(self.output) + json(self.tools) + json(self.system_instructions)
    }

    /// Recorded by a version of [`FORMAT`](crate::completed_request::FORMAT) 1: the instructions are one text, and the messages that
    /// they come from are in `input`, too.
    pub(super) fn instructions_of_format_1(&self) -> Option<Text<'a>> {
        let json = self.system_instructions.filter(|json| json.get().starts_with('"'))?;
        serde_json::from_str(json.get()).ok()
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
