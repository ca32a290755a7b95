//! What was said: the messages of a request and its answer, the oldest first.

use super::waterfall::Folded;
use crate::completed_request::content::{ContentRef, Conversation, Message, Part};

/// Characters of a text that are seen at once: some three lines.
const SEEN: usize = 480;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// `System`, `User`, `Assistant` or `Tool`, or the role as it was given.
    pub who: String,
    /// Whether the model said it in this request.
    pub is_answer: bool,
    pub parts: Vec<PartRow>,
    /// How an answer ended: "stop".
    pub finished: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartRow {
    Text(Folded),
    /// What a model thought before it answered.
    Thought(Folded),
    /// The model calls a tool.
    Call {
        tool: String,
        arguments: Folded,
    },
    /// What a tool answered.
    Answer {
        tool: String,
        result: Folded,
    },
    /// An image, a recording, a file, or what only another version knows: in a few words.
    Other(String),
}

/// The messages of recorded content.
pub fn messages(content: &ContentRef<'_>) -> Vec<MessageRow> {
    let Conversation { input, output, system_instructions, .. } = Conversation::read(content);
    let tools = names_of_tools(&input, &output);
    let mut rows = Vec::new();
    if !system_instructions.is_empty() {
        let parts = system_instructions.iter().map(|part| row_of_part(part, &tools)).collect();
        rows.push(MessageRow { who: "System".to_owned(), is_answer: false, parts, finished: None });
    }
    let row = |message: &Message<'_>, is_answer| MessageRow {
        who: who(&message.role),
        is_answer,
        parts: message.parts.iter().map(|part| row_of_part(part, &tools)).collect(),
        finished: message.finish_reason.as_ref().map(ToString::to_string),
    };
    rows.extend(input.iter().map(|message| row(message, false)));
    rows.extend(output.iter().map(|message| row(message, true)));
    rows
}

/// The names of called tools by the id of the call, because answers have only that.
fn names_of_tools(input: &[Message<'_>], output: &[Message<'_>]) -> Vec<(String, String)> {
    let parts = input.iter().chain(output).flat_map(|message| &message.parts);
    parts.filter_map(|part| Some((part.id.as_ref()?.to_string(), part.name.as_ref()?.to_string()))).collect()
}

fn who(role: &str) -> String {
    match role {
        "system" | "developer" => "System".to_owned(),
        "user" => "User".to_owned(),
        "assistant" => "Assistant".to_owned(),
        "tool" => "Tool".to_owned(),
        other => other.to_owned(),
    }
}

fn row_of_part(part: &Part<'_>, tools: &[(String, String)]) -> PartRow {
    let folded = |text: &str| Folded::new(text, SEEN);
    let id = part.id.as_deref().unwrap_or_default();
    let named = || tools.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
    let tool = || part.name.as_ref().map(ToString::to_string).or_else(named).unwrap_or_else(|| "a tool".to_owned());
    match (&*part.kind, &part.content) {
        ("text", Some(text)) => PartRow::Text(folded(text)),
        ("reasoning", Some(text)) => PartRow::Thought(folded(text)),
        ("tool_call", _) => {
            let arguments = part.arguments.as_ref().map(|arguments| arguments.text().into_owned());
            PartRow::Call { tool: tool(), arguments: folded(&arguments.unwrap_or_default()) }
        }
        ("tool_call_response", _) => {
            let result = part.response.as_deref().or(part.result.as_deref()).unwrap_or_default();
            PartRow::Answer { tool: tool(), result: folded(result) }
        }
        (kind, _) => {
            let known = [&part.modality, &part.mime_type, &part.uri].into_iter().flatten();
            let words: Vec<String> = std::iter::once(kind.to_owned()).chain(known.map(ToString::to_string)).collect();
            PartRow::Other(words.join(", "))
        }
    }
}
