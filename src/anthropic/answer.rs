//! Reads an answer of `/messages` while it passes: one whole message, or a stream event by event.

use serde_json::value::RawValue;

use crate::completion::{ChoiceWriter, Completion, Counts, ErrorWords, ToolCallPiece};
use crate::json::{Fragment, Members, Text};
use crate::openai::counts;
use crate::openai::fields::items;

/// Learns from a whole message or from an event. Fields that are missing or odd are passed over.
pub fn learn(completion: &mut Completion, answer: &Members<'_>) {
    let kind = answer.read::<Text<'_>>("type").unwrap_or_default();
    match &*kind {
        "message_start" => learn_message(completion, &answer.read("message").unwrap_or_default()),
        "content_block_start" => {
            begin_block(completion, &answer.read("content_block").unwrap_or_default(), index(answer));
        }
        "content_block_delta" => learn_delta(completion, &answer.read("delta").unwrap_or_default(), index(answer)),
        "content_block_stop" => end_block(completion, index(answer)),
        "message_delta" => learn_end(completion, answer, &answer.read("delta").unwrap_or_default()),
        "message_stop" | "ping" => {}
        "error" => completion.note_error(ErrorWords::of(&answer.to_value())),
        _ => learn_message(completion, answer),
    }
}

/// Whether an event holds a piece of the answer.
pub fn begins_answer(event: &Members<'_>) -> bool {
    event.read::<Text<'_>>("type").as_deref() == Some("content_block_delta")
}

/// Whether an event is the last of its stream.
pub fn ends_stream(event: &Members<'_>) -> bool {
    event.read::<Text<'_>>("type").is_some_and(|kind| matches!(&*kind, "message_stop" | "error"))
}

/// A whole message, or the beginning of one that is streamed.
fn learn_message(completion: &mut Completion, message: &Members<'_>) {
    let text = |key| message.read::<Text<'_>>(key).unwrap_or_default();
    completion.note_id(&text("id"));
    completion.note_model(&text("model"));
    completion.note_provider(&text("provider"));
    if let Some(error) = ErrorWords::of_answer(message) {
        completion.note_error(error);
    }
    if let Some(mut choice) = completion.choice(0) {
        choice.role(&text("role"));
    }
    for (position, block) in items(message.get("content")).into_iter().enumerate() {
        begin_block(completion, &Members::of(block.get()).unwrap_or_default(), position);
        end_block(completion, position);
    }
    learn_end(completion, message, message);
}

/// Why the model stopped, and its tokens: both come at the end.
fn learn_end(completion: &mut Completion, holder_of_usage: &Members<'_>, holder_of_reason: &Members<'_>) {
    if let Some(usage) = holder_of_usage.read::<Members<'_>>("usage") {
        completion.note_usage(&Counts { input_excludes_cached: true, ..counts(&usage) });
        if let Some(tier) = usage.read::<Text<'_>>("service_tier") {
            completion.note_service_tier(&tier);
        }
        if let Some(cost) = usage.number("cost") {
            completion.note_cost(cost);
        }
    }
    if let (Some(reason), Some(mut choice)) = (holder_of_reason.read::<Text<'_>>("stop_reason"), completion.choice(0)) {
        choice.finish(&reason);
    }
}

/// A block begins, or stands there whole. `signature` and the `data` of redacted thinking are the model server's own.
fn begin_block(completion: &mut Completion, block: &Members<'_>, index: usize) {
    let Some(mut choice) = completion.choice(0) else { return };
    let text = |key| block.read::<Fragment<'_>>(key);
    let kind = block.read::<Text<'_>>("type").unwrap_or_default();
    match &*kind {
        "text" => add(text("text"), |text| choice.add_text(text)),
        "thinking" => {
            if !choice.so_far().reasoning.is_empty() {
                choice.add_reasoning("\n");
            }
            add(text("thinking"), |text| choice.add_reasoning(text));
        }
        "redacted_thinking" => {}
        "tool_use" | "server_tool_use" | "mcp_tool_use" => begin_tool_use(&mut choice, block, index),
        "" => choice.note_unread("content"),
        kind => choice.note_unread(kind),
    }
}

/// The `input` of a streamed block is an empty object; its deltas follow.
fn begin_tool_use(choice: &mut ChoiceWriter<'_>, block: &Members<'_>, index: usize) {
    let input = block.get("input").map(RawValue::get).filter(|input| *input != "{}");
    choice.add_tool_call(&ToolCallPiece {
        index: Some(index),
        id: block.read("id"),
        name: block.read("name"),
        arguments: input.map(Fragment::from),
    });
}

fn learn_delta(completion: &mut Completion, delta: &Members<'_>, index: usize) {
    let Some(mut choice) = completion.choice(0) else { return };
    let text = |key| delta.read::<Fragment<'_>>(key);
    let kind = delta.read::<Text<'_>>("type").unwrap_or_default();
    match &*kind {
        "text_delta" => add(text("text"), |text| choice.add_text(text)),
        "thinking_delta" => add(text("thinking"), |text| choice.add_reasoning(text)),
        "input_json_delta" => {
            let arguments = text("partial_json");
            choice.add_tool_call(&ToolCallPiece { index: Some(index), arguments, ..ToolCallPiece::default() });
        }
        "signature_delta" | "citations_delta" => {}
        "" => choice.note_unread("delta"),
        kind => choice.note_unread(kind),
    }
}

/// A tool that takes nothing is called with an empty object, of which a stream says nothing.
fn end_block(completion: &mut Completion, index: usize) {
    let Some(mut choice) = completion.choice(0) else { return };
    if choice.so_far().tool_calls.last().is_some_and(|call| call.arguments.is_empty()) {
        let arguments = Some("{}".into());
        choice.add_tool_call(&ToolCallPiece { index: Some(index), arguments, ..ToolCallPiece::default() });
    }
}

fn index(event: &Members<'_>) -> usize {
    event.read("index").unwrap_or_default()
}

fn add<'a>(text: Option<Fragment<'a>>, add: impl FnOnce(Fragment<'a>)) {
    if let Some(text) = text {
        add(text);
    }
}
