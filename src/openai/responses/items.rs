//! The items of an answer's `output`: messages, calls, reasoning.

use super::input;
use crate::completed_request::content::Media;
use crate::completion::{ChoiceWriter, Completion, ToolCallPiece};
use crate::json::{Fragment, Members, Text};
use crate::openai::content::part;
use crate::openai::fields;

/// Calls that the caller answers. Those of the model server's own tools end no response.
const CALLS_OF_CALLER: [&str; 6] =
    ["function_call", "custom_tool_call", "computer_call", "local_shell_call", "shell_call", "apply_patch_call"];
/// Items that hold nothing of the answer itself.
const BESIDE_THE_ANSWER: [&str; 2] = ["compaction", "mcp_list_tools"];

pub(super) fn is_call_of_caller(item: &Members<'_>) -> bool {
    CALLS_OF_CALLER.contains(&&*kind(item))
}

/// An item that is whole.
pub(super) fn learn(completion: &mut Completion, item: &Members<'_>, index: usize) {
    begin(completion, item, index);
    let Some(mut choice) = completion.choice(0) else { return };
    match &*kind(item) {
        "message" => learn_message(&mut choice, item),
        "reasoning" => learn_reasoning(&mut choice, item),
        "image_generation_call" => choice.add_media(image(item)),
        kind if is_call(kind) => {
            let arguments = input::ARGUMENTS.iter().find_map(|key| item.get(key));
            let arguments = arguments.map(|json| Fragment::of(json).unwrap_or_else(|| json.get().into()));
            choice.add_tool_call(&ToolCallPiece { index: Some(index), arguments, ..ToolCallPiece::default() });
        }
        kind if BESIDE_THE_ANSWER.contains(&kind) => {}
        "" => choice.note_unread("output"),
        kind => choice.note_unread(kind),
    }
}

/// An item of a stream begins.
pub(super) fn begin(completion: &mut Completion, item: &Members<'_>, index: usize) {
    let Some(mut choice) = completion.choice(0) else { return };
    match &*kind(item) {
        "message" => choice.role(&item.read::<Text<'_>>("role").unwrap_or_default()),
        kind if is_call(kind) => {
            let id = item.read("call_id").or_else(|| item.read("id"));
            let name = item.read("name").unwrap_or_else(|| kind.trim_end_matches("_call").into());
            choice.add_tool_call(&ToolCallPiece { index: Some(index), id, name: Some(name), arguments: None });
        }
        _ => {}
    }
}

/// An item of a stream is whole. Its deltas have said most of it.
pub(super) fn end(completion: &mut Completion, item: &Members<'_>, index: usize) {
    let Some(mut choice) = completion.choice(0) else { return };
    let kind = kind(item);
    if &*kind == "image_generation_call" {
        choice.add_media(image(item));
    } else if is_call(&kind)
        && let Some(arguments) = input::ARGUMENTS_WITHOUT_DELTAS.iter().find_map(|key| item.get(key))
    {
        let arguments = Some(arguments.get().into());
        choice.add_tool_call(&ToolCallPiece { index: Some(index), arguments, ..ToolCallPiece::default() });
    }
}

/// A further message is a paragraph of its own.
pub(super) fn begin_text(choice: &mut ChoiceWriter<'_>) {
    if !choice.so_far().text.is_empty() {
        choice.add_text("\n");
    }
}

/// A further part of reasoning is a paragraph of its own.
pub(super) fn begin_reasoning(choice: &mut ChoiceWriter<'_>) {
    if !choice.so_far().reasoning.is_empty() {
        choice.add_reasoning("\n");
    }
}

fn kind<'a>(item: &Members<'a>) -> Text<'a> {
    item.read("type").unwrap_or_default()
}

fn is_call(kind: &str) -> bool {
    kind.ends_with("_call") && kind != "image_generation_call"
}

fn learn_message(choice: &mut ChoiceWriter<'_>, item: &Members<'_>) {
    for (position, json) in fields::items(item.get("content")).into_iter().enumerate() {
        let Some(part) = Members::of(json.get()) else { continue };
        let kind = kind(&part);
        match (part.read::<Fragment<'_>>("text"), part.read::<Fragment<'_>>("refusal"), part::media(json)) {
            (Some(text), _, _) => {
                if position == 0 {
                    begin_text(choice);
                }
                choice.add_text(text);
            }
            (_, Some(refusal), _) => choice.add_refusal(refusal),
            (_, _, Some(media)) => choice.add_media(media.into_owned()),
            _ => choice.note_unread(if kind.is_empty() { "content" } else { &kind }),
        }
    }
}

/// `encrypted_content` is the model server's own and not recorded.
fn learn_reasoning(choice: &mut ChoiceWriter<'_>, item: &Members<'_>) {
    for part in parts(item, "summary").chain(parts(item, "content")) {
        if let Some(text) = part.read::<Fragment<'_>>("text") {
            begin_reasoning(choice);
            choice.add_reasoning(text);
        }
    }
}

fn parts<'a>(item: &Members<'a>, key: &str) -> impl Iterator<Item = Members<'a>> {
    fields::items(item.get(key)).into_iter().filter_map(|part| Members::of(part.get()))
}

fn image(item: &Members<'_>) -> Media<'static> {
    input::image(item).into_owned()
}
