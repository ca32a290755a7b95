//! `tool_calls` of a message, and the `function_call` of older servers.

use serde_json::value::RawValue;

use super::form::Form;
use crate::completion::{ChoiceWriter, ToolCallPiece};
use crate::json::{Fragment, Members};

/// False when it is no list of calls.
pub(super) fn learn(writer: &mut ChoiceWriter<'_>, calls: &RawValue, form: Form) -> bool {
    let Ok(calls) = serde_json::from_str::<Vec<&RawValue>>(calls.get()) else { return false };
    // A delta with one call and no index says nothing about its place.
    let by_position = matches!(form, Form::Whole) || calls.len() > 1;
    for (position, call) in calls.into_iter().enumerate() {
        let Some(call) = Members::of(call.get()) else { continue };
        let index = call.read("index").or_else(|| by_position.then_some(position));
        let function = ["function", "custom"].iter().find_map(|key| call.read::<Members<'_>>(key)).unwrap_or_default();
        writer.add_tool_call(&ToolCallPiece { index, id: call.read("id"), ..piece(&function) });
    }
    true
}

/// `{"name", "arguments"}`
pub(super) fn learn_function_call(writer: &mut ChoiceWriter<'_>, call: &RawValue) -> bool {
    let Some(function) = Members::of(call.get()) else { return false };
    writer.add_tool_call(&piece(&function));
    true
}

/// `arguments` of a function are JSON in a text, of some servers JSON itself; a custom tool has `input`.
fn piece<'a>(function: &Members<'a>) -> ToolCallPiece<'a> {
    let arguments = ["arguments", "input"].iter().find_map(|key| function.get(key));
    ToolCallPiece {
        index: None,
        id: None,
        name: function.read("name"),
        arguments: arguments.map(|json| Fragment::of(json).unwrap_or_else(|| json.get().into())),
    }
}
