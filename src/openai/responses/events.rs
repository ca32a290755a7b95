//! The named events of a stream of `/responses`.

use super::{items, whole};
use crate::completion::{ChoiceWriter, Completion, ErrorWords, ToolCallPiece};
use crate::json::{Fragment, Members, Text};

/// Learns from an event. Those that only say again what others said are passed over.
pub(super) fn learn(completion: &mut Completion, kind: &str, event: &Members<'_>) {
    match kind {
        "error" => completion.note_error(ErrorWords::of(&event.to_value())),
        "response.completed" | "response.incomplete" | "response.failed" => {
            whole::learn(completion, &event.read("response").unwrap_or_default());
        }
        "response.output_item.added" => items::begin(completion, &item(event), index(event)),
        "response.output_item.done" => items::end(completion, &item(event), index(event)),
        _ => match event.read::<Members<'_>>("response") {
            Some(response) => whole::learn_head(completion, &response),
            None => learn_piece(completion, kind, event),
        },
    }
}

fn item<'a>(event: &Members<'a>) -> Members<'a> {
    event.read("item").unwrap_or_default()
}

fn index(event: &Members<'_>) -> usize {
    event.read("output_index").unwrap_or_default()
}

fn learn_piece(completion: &mut Completion, kind: &str, event: &Members<'_>) {
    let Some(mut choice) = completion.choice(0) else { return };
    let Some(delta) = event.read::<Fragment<'_>>("delta") else {
        return begin_part(&mut choice, event);
    };
    match kind {
        "response.output_text.delta" | "response.audio.transcript.delta" => choice.add_text(delta),
        "response.refusal.delta" => choice.add_refusal(delta),
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => choice.add_reasoning(delta),
        "response.function_call_arguments.delta"
        | "response.custom_tool_call_input.delta"
        | "response.mcp_call_arguments.delta"
        | "response.code_interpreter_call_code.delta" => {
            let arguments = Some(delta);
            choice.add_tool_call(&ToolCallPiece { index: Some(index(event)), arguments, ..ToolCallPiece::default() });
        }
        "response.audio.delta" => {}
        _ => choice.note_unread(kind),
    }
}

/// A further part of reasoning begins a paragraph, and so does a further message.
fn begin_part(choice: &mut ChoiceWriter<'_>, event: &Members<'_>) {
    let part = event.read::<Members<'_>>("part").unwrap_or_default();
    let begins = event.read::<Text<'_>>("type").is_some_and(|kind| kind.ends_with("_part.added"));
    let kind = part.read::<Text<'_>>("type").unwrap_or_default();
    match &*kind {
        "summary_text" | "reasoning_text" if begins => items::begin_reasoning(choice),
        "output_text" if begins && event.read::<u64>("content_index").unwrap_or_default() == 0 => {
            items::begin_text(choice);
        }
        _ => {}
    }
}
