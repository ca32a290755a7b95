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

    /// Bytes of the four texts.
    pub fn size(&self) -> usize {
        let texts = [&self.input, &self.output, &self.system_instructions, &self.tools];
        texts.into_iter().flatten().map(|text| text.len()).sum()
    }
}

impl<'a> ContentRef<'a> {
    /// Its texts in at most `most` bytes each: the recorded ones where they fit, else shortened ones.
    pub fn short_texts(&self, most: usize) -> ContentTexts<'_> {
        let mut texts = self.texts(usize::MAX);
        let whole = Conversation::read(self);
        let empty = Conversation::default;
        let parts = [
            (&mut texts.input, Conversation { input: whole.input, ..empty() }),
            (&mut texts.output, Conversation { output: whole.output, ..empty() }),
            (&mut texts.tools, Conversation { tools: whole.tools, ..empty() }),
            (
                &mut texts.system_instructions,
                Conversation { system_instructions: whole.system_instructions, ..empty() },
            ),
        ];
        for (text, part) in parts {
            if text.as_ref().is_some_and(|text| text.len() > most) {
                let short = ContentTexts::of(part.fit(most), true);
                *text = short.input.or(short.output).or(short.tools).or(short.system_instructions);
                texts.original_length = texts.original_length.or(short.original_length);
                texts.cut = true;
            }
        }
        texts
    }

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
