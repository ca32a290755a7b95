//! Recorded messages as chat completions write them.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::completed_request::content::{ContentRef, Conversation, Message, Part};
use crate::json::Text;

#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::api) struct GenerationOutput {
    /// The text of all choices. Null where there was none.
    completion: Option<String>,
    reasoning: Option<String>,
}

/// The instructions first, then the messages.
pub(super) fn input(conversation: &Conversation<'_>) -> Value {
    let instructions = (!conversation.system_instructions.is_empty())
        .then(|| message("system", None, &conversation.system_instructions));
    let others = conversation.input.iter().flat_map(messages);
    json!({ "messages": instructions.into_iter().chain(others).collect::<Vec<_>>() })
}

/// The texts of a request that has no messages.
pub(super) fn prompt(content: &ContentRef<'_>) -> Value {
    json!({ "prompt": content.input_words().unwrap_or_default() })
}

/// The texts of the answer's choices.
pub(super) fn output(conversation: &Conversation<'_>) -> GenerationOutput {
    let parts = || conversation.output.iter().flat_map(|message| &message.parts);
    GenerationOutput { completion: texts(parts(), "text"), reasoning: texts(parts(), "reasoning") }
}

/// A recorded message. Each result of a tool is a message of its own.
fn messages(recorded: &Message<'_>) -> Vec<Value> {
    let (results, others): (Vec<_>, Vec<_>) =
        recorded.parts.iter().cloned().partition(|part| &*part.kind == "tool_call_response");
    let rest =
        (!others.is_empty() || results.is_empty()).then(|| message(&recorded.role, recorded.name.as_deref(), &others));
    rest.into_iter().chain(results.iter().map(tool_result)).collect()
}

fn tool_result(part: &Part<'_>) -> Value {
    let response = part.response.as_ref().or(part.result.as_ref());
    json!({ "role": "tool", "tool_call_id": part.id.as_deref(), "content": response.map(|text| &**text) })
}

fn message(role: &str, name: Option<&str>, parts: &[Part<'_>]) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), role.into());
    message.insert("content".to_owned(), content(parts));
    if let Some(name) = name {
        message.insert("name".to_owned(), name.into());
    }
    if let Some(reasoning) = texts(parts.iter(), "reasoning") {
        message.insert("reasoning".to_owned(), reasoning.into());
    }
    let calls: Vec<_> = parts.iter().filter(|part| &*part.kind == "tool_call").map(tool_call).collect();
    if !calls.is_empty() {
        message.insert("tool_calls".to_owned(), calls.into());
    }
    Value::Object(message)
}

/// One text; a list where there is more than texts; null where there is nothing.
fn content(parts: &[Part<'_>]) -> Value {
    let is_elsewhere = |part: &&Part<'_>| !matches!(&*part.kind, "reasoning" | "tool_call");
    let parts: Vec<_> = parts.iter().filter(is_elsewhere).collect();
    match parts.as_slice() {
        [] => Value::Null,
        [only] if &*only.kind == "text" => only.content.as_deref().into(),
        several => several.iter().map(|part| listed(part)).collect(),
    }
}

/// A part as its kind, with the text or the address that is recorded of it.
fn listed(part: &Part<'_>) -> Value {
    let known: [(&str, &Option<Text<'_>>); 4] =
        [("text", &part.content), ("modality", &part.modality), ("mime_type", &part.mime_type), ("uri", &part.uri)];
    let mut listed = Map::from_iter([("type".to_owned(), Value::from(&*part.kind))]);
    listed.extend(known.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.as_deref()?.into()))));
    Value::Object(listed)
}

fn tool_call(part: &Part<'_>) -> Value {
    let arguments = part.arguments.as_ref().map(|arguments| arguments.text().into_owned());
    let function = json!({ "name": part.name.as_deref(), "arguments": arguments });
    json!({ "id": part.id.as_deref(), "type": "function", "function": function })
}

/// None: no part is of this kind.
fn texts<'p, 'a: 'p>(parts: impl Iterator<Item = &'p Part<'a>>, kind: &str) -> Option<String> {
    let texts: Vec<_> = parts.filter(|part| &*part.kind == kind).filter_map(|part| part.content.as_deref()).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &Value) -> (Value, GenerationOutput) {
        let bytes = serde_json::to_vec(content).unwrap();
        let conversation = Conversation::read(&ContentRef::from_bytes(&bytes).unwrap());
        (input(&conversation), output(&conversation))
    }

    #[test]
    fn recorded_messages_are_written_as_chat_completions_have_them() {
        let text = |text: &str| json!({ "type": "text", "content": text });
        let call = json!({ "type": "tool_call", "id": "c1", "name": "add", "arguments": { "a": 1 } });
        let result = json!({ "type": "tool_call_response", "id": "c1", "response": "2" });
        let (input, output) = read(&json!({
            "system_instructions": [text("Be brief.")],
            "input": [
                { "role": "user", "name": "ada", "parts": [text("Hi")] },
                { "role": "assistant", "parts": [call] },
                { "role": "tool", "parts": [result] },
                { "role": "user", "parts": [text("See"), { "type": "uri", "modality": "image", "uri": "https://x.test/a.png" }] },
            ],
            "output": [{ "role": "assistant", "parts": [{ "type": "reasoning", "content": "Hm" }, text("Two")] }],
        }));
        let function = json!({ "name": "add", "arguments": "{\"a\":1}" });
        assert_eq!(
            input["messages"],
            json!([
                { "role": "system", "content": "Be brief." },
                { "role": "user", "name": "ada", "content": "Hi" },
                { "role": "assistant", "content": null, "tool_calls": [{ "id": "c1", "type": "function", "function": function }] },
                { "role": "tool", "tool_call_id": "c1", "content": "2" },
                { "role": "user", "content": [
                    { "type": "text", "text": "See" }, { "type": "uri", "modality": "image", "uri": "https://x.test/a.png" },
                ] },
            ])
        );
        let expected = GenerationOutput { completion: Some("Two".to_owned()), reasoning: Some("Hm".to_owned()) };
        assert_eq!(output, expected);
    }

    #[test]
    fn request_without_messages_or_answer_has_none() {
        assert_eq!(read(&json!({})), (json!({ "messages": [] }), GenerationOutput::default()));
    }
}
