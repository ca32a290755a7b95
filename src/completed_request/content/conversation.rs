//! A request's and its answer's messages, taken apart, on their way into a `Content`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::ContentRef;
use super::message::{Message, Part};
use super::tools::Tool;

/// Content that can still be made smaller.
#[derive(Debug, Default)]
pub(crate) struct Conversation<'a> {
    pub(crate) input: Vec<Message<'a>>,
    pub(crate) output: Vec<Message<'a>>,
    pub(crate) system_instructions: Vec<Part<'a>>,
    pub(crate) tools: Vec<Tool<'a>>,
    /// How many messages `input` had before some were left out.
    pub(crate) original_length: Option<u64>,
}

impl<'a> Conversation<'a> {
    /// Takes a recorded document apart again.
    pub(crate) fn read(content: &ContentRef<'a>) -> Self {
        let mut conversation = Self {
            input: list(content.input),
            output: list(content.output),
            tools: list(content.tools),
            original_length: content.original_length,
            ..Self::default()
        };
        match content.instructions_of_format_1() {
            Some(text) => {
                conversation.input.retain(|message| !message.is_system());
                conversation.system_instructions = vec![Part::text(text)];
            }
            None => conversation.system_instructions = list(content.system_instructions),
        }
        conversation
    }

    /// Moves system and developer messages to the instructions that stand beside the messages.
    pub(crate) fn gather_system_instructions(&mut self) {
        for message in self.input.extract_if(.., |message| message.is_system()) {
            self.system_instructions.extend(message.parts);
        }
    }
}

fn list<'a, T: Deserialize<'a>>(json: Option<&'a RawValue>) -> Vec<T> {
    json.and_then(|json| serde_json::from_str(json.get()).ok()).unwrap_or_default()
}
