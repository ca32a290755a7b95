//! From an answer to the messages that are recorded of it.

use super::choice::Choice;
use super::finish_reason::FinishReason;
use super::tool_calls::ToolCall;
use crate::completed_request::clean;
use crate::completed_request::content::media::without_bytes;
use crate::completed_request::content::{Message, Part};
use crate::json::Text;

/// One message for each choice.
pub(crate) fn messages(choices: &[Choice]) -> Vec<Message<'_>> {
    choices.iter().map(message).collect()
}

fn message(choice: &Choice) -> Message<'_> {
    let mut parts = Vec::new();
    parts.extend(filled(&choice.reasoning).map(Part::reasoning));
    parts.extend(filled(&choice.text).map(Part::text));
    parts.extend(filled(&choice.refusal).map(Part::text));
    parts.extend(choice.media.iter().cloned().map(Part::media));
    parts.extend(choice.tool_calls.iter().map(tool_call));
    Message {
        role: choice.role.as_deref().and_then(filled).unwrap_or("assistant".into()),
        parts,
        // Cancelled or broken off before its end.
        finish_reason: Some(choice.finish_reason.unwrap_or(FinishReason::Error).word().into()),
        ..Message::default()
    }
}

fn tool_call(call: &ToolCall) -> Part<'_> {
    Part::tool_call(filled(&call.id), filled(&call.name), filled(&call.arguments))
}

/// A text that has any, without NUL and embedded files.
fn filled(text: &str) -> Option<Text<'_>> {
    (!text.is_empty()).then(|| without_bytes(Text(clean::without_nul(text))))
}
