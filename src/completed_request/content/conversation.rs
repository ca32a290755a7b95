//! A request's and its answer's messages, taken apart, on their way into a `Content`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::ContentRef;
use super::message::Message;
use super::tools::Tool;
use crate::json::Text;

/// Content that can still be made smaller.
#[derive(Debug, Default)]
pub(crate) struct Conversation<'a> {
    pub(crate) input: Vec<Message<'a>>,
    pub(crate) output: Vec<Message<'a>>,
    pub(crate) system_instructions: Option<Text<'a>>,
    pub(crate) tools: Vec<Tool<'a>>,
    /// How many messages `input` had before some were left out.
    pub(crate) original_length: Option<u64>,
}

impl<'a> Conversation<'a> {
    /// Takes a recorded document apart again.
    pub(crate) fn read(content: &ContentRef<'a>) -> Self {
        Self {
            input: list(content.input),
            output: list(content.output),
            system_instructions: content.system_instructions.clone(),
            tools: list(content.tools),
            original_length: content.original_length,
        }
    }

    /// Adds the texts of the system and developer messages to the instructions that stand beside the messages, one after another.
    pub(crate) fn gather_system_instructions(&mut self) {
        let system = self.input.iter().filter(|message| message.is_system());
        let texts: Vec<&str> =
            self.system_instructions.as_deref().into_iter().chain(system.flat_map(Message::texts)).collect();
        self.system_instructions = match texts[..] {
            [] => None,
            ref texts => Some(texts.join("\n\n").into()),
        };
    }
}

fn list<'a, T: Deserialize<'a>>(json: Option<&'a RawValue>) -> Vec<T> {
    json.and_then(|json| serde_json::from_str(json.get()).ok()).unwrap_or_default()
}
