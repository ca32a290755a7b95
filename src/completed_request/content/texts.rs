//! Content as it goes onto a span, in no more bytes than the span has room for.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::conversation::Conversation;
use super::document::{Content, ContentRef};

/// [`Content`] as it goes onto a span.
#[derive(Default)]
pub struct ContentTexts<'a> {
    /// JSON: the messages of the request.
    pub input: Option<Cow<'a, str>>,
    /// JSON: the messages of the answer.
    pub output: Option<Cow<'a, str>>,
    /// JSON: the parts of all system and developer messages.
    pub system_instructions: Option<Cow<'a, str>>,
    /// JSON: the tools that the model could call.
    pub tools: Option<Cow<'a, str>>,
    /// How many messages the request had, where some were left out.
    pub original_length: Option<u64>,
    /// Whether the recorded content was too large.
    pub cut: bool,
}

impl ContentTexts<'_> {
    fn of(content: Content, cut: bool) -> Self {
        let json = |value: Option<Box<RawValue>>| value.map(|value| Cow::Owned(Box::<str>::from(value).into()));
        Self {
            input: json(content.input),
            output: json(content.output),
            system_instructions: json(content.system_instructions),
            tools: json(content.tools),
            original_length: content.original_length,
            cut,
        }
    }
}

impl<'a> ContentRef<'a> {
    /// Its texts in at most `budget` bytes: the recorded ones where they fit, else shortened ones.
    pub fn texts(&self, budget: usize) -> ContentTexts<'_> {
        let cut = self.size() > budget;
        if cut || self.instructions_of_format_1().is_some() {
            return ContentTexts::of(Conversation::read(self).fit(budget), cut);
        }
        let json = |value: Option<&'a RawValue>| value.map(|value| Cow::Borrowed(value.get()));
        ContentTexts {
            input: json(self.input),
            output: json(self.output),
            system_instructions: json(self.system_instructions),
            tools: json(self.tools),
            original_length: self.original_length,
            cut: false,
        }
    }
}
