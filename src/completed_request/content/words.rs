//! What prompt and completion say, as plain text: what people search in.

use super::conversation::Conversation;
use super::document::ContentRef;
use super::message::{Message, Part};
use crate::json::Text;

impl ContentRef<'_> {
    /// What the request says: instructions first, then its messages, a line for each text. None: not recorded.
    pub fn input_words(&self) -> Option<String> {
        let asked = ContentRef { input: self.input, system_instructions: self.system_instructions, ..Self::default() };
        let conversation = Conversation::read(&asked);
        let parts = conversation.system_instructions.iter().chain(parts(&conversation.input));
        (self.input.is_some() || self.system_instructions.is_some()).then(|| lines(parts))
    }

    /// What the answer says, a line for each text. None: not recorded.
    pub fn output_words(&self) -> Option<String> {
        let answered = ContentRef { output: Some(self.output?), ..Self::default() };
        Some(lines(parts(&Conversation::read(&answered).output)))
    }
}

fn parts<'p, 'a>(messages: &'p [Message<'a>]) -> impl Iterator<Item = &'p Part<'a>> {
    messages.iter().flat_map(|message| &message.parts)
}

fn lines<'p, 'a: 'p>(parts: impl Iterator<Item = &'p Part<'a>>) -> String {
    let mut words = String::new();
    let mut add = |text: &str| {
        if !words.is_empty() {
            words.push('\n');
        }
        words.push_str(text);
    };
    for part in parts {
        let texts: [&Option<Text<'_>>; 2] = [&part.content, &part.response];
        texts.into_iter().flatten().for_each(|text| add(text));
        if let Some(arguments) = &part.arguments {
            add(&arguments.text());
        }
    }
    words
}
