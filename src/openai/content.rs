//! From OpenAI's chat completion to messages. Any body gives some content; nothing here fails.

pub(super) mod part;
pub(crate) mod texts;
pub(super) mod tools;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::texts::text;
use crate::completed_request::content::{Content, Conversation, Message, Part};
use crate::completed_request::limits::CONTENT_BYTES;
use crate::completion::{self, Choice};
use crate::json::{Members, Text, escapes};

/// The parts of the request's body that are content, as they came in.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChatParts<'a> {
    pub messages: Option<&'a RawValue>,
    pub tools: Option<&'a RawValue>,
}

/// What was asked by a body and answered. Of a body that is no object, nothing was asked.
pub fn of_body(request: &str, answer: &[Choice]) -> Content {
    let members = Members::of(request).unwrap_or_default();
    of_chat(ChatParts { messages: members.get("messages"), tools: members.get("tools") }, answer)
}

/// What was asked and answered. Never fails: what cannot be understood is left out, and what is too large is cut.
pub fn of_chat(request: ChatParts<'_>, answer: &[Choice]) -> Content {
    let messages = request.messages.map(|messages| escapes::repair(messages.get())).unwrap_or_default();
    let tools = request.tools.map(|tools| escapes::repair(tools.get())).unwrap_or_default();
    let mut conversation = Conversation {
        input: asked(&messages),
        output: completion::messages(answer),
        tools: tools::list(&tools),
        ..Conversation::default()
    };
    conversation.gather_system_instructions();
    conversation.fit(CONTENT_BYTES)
}

/// A message of the request. Each field is read on its own, so that one of a wrong type does not hide the others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestMessage<'a> {
    #[serde(borrow)]
    role: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_call_id: Option<&'a RawValue>,
}

fn asked<'a>(messages: &'a str) -> Vec<Message<'a>> {
    let messages: Vec<&'a RawValue> = serde_json::from_str(messages).unwrap_or_default();
    let read = |json: &'a RawValue| message(&serde_json::from_str(json.get()).unwrap_or_default());
    messages.into_iter().map(read).collect()
}

fn message<'a>(request: &RequestMessage<'a>) -> Message<'a> {
    let role = text(request.role).unwrap_or("unknown".into());
    let mut parts = Vec::new();
    parts.extend(text(request.reasoning).or_else(|| text(request.reasoning_content)).map(Part::reasoning));
    let content = request.content.map(part::parts).unwrap_or_default();
    if matches!(&*role, "tool" | "function") {
        parts.extend(tool_response(text(request.tool_call_id), content));
    } else {
        parts.extend(content);
    }
    parts.extend(text(request.refusal).map(Part::text));
    parts.extend(part::tool_calls(request.tool_calls, request.function_call));
    Message { role, name: text(request.name), parts, finish_reason: None }
}

/// The texts of a tool's answer become one response; images and files stand beside it.
pub(super) fn tool_response<'a>(id: Option<Text<'a>>, mut content: Vec<Part<'a>>) -> Vec<Part<'a>> {
    let texts: Vec<&str> = content.iter().filter_map(Part::as_text).collect();
    let response = texts.join("\n").into();
    content.retain(|part| part.as_text().is_none());
    content.insert(0, Part::tool_call_response(id, response));
    content
}
