//! Messages, each fact an attribute of its own: `llm.input_messages.0.message.role`.

use std::borrow::Cow;

use crate::completed_request::content::{Arguments, Message, Part};
use crate::trace::attributes::List;
use crate::trace::dialogue::only_text;
use crate::trace::span::{Phrase, Value};

/// Adds `messages` under `prefix`, which ends in a dot.
pub(super) fn add<'a>(list: &mut List<'a>, prefix: &'static str, messages: &[Message<'a>]) {
    for (number, message) in messages.iter().enumerate() {
        let mut fields = Fields { list: &mut *list, prefix, message: number };
        fields.add("role", message.role.0.clone());
        match only_text(message) {
            Some(text) => fields.add("content", text.clone()),
            None => fields.add_parts(&message.parts),
        }
    }
}

/// The attributes of one message.
struct Fields<'l, 'a> {
    list: &'l mut List<'a>,
    prefix: &'static str,
    message: usize,
}

impl<'a> Fields<'_, 'a> {
    fn add(&mut self, field: &str, text: Cow<'a, str>) {
        let key = Phrase::joined(self.prefix, format!("{}.message.{field}", self.message));
        self.list.maybe(key, Some(Value::Text(text.into())));
    }

    /// Calls of tools and their results have fields of their own; whatever else there is becomes contents.
    fn add_parts(&mut self, parts: &[Part<'a>]) {
        let (mut contents, mut calls, mut results) = (0, 0, 0);
        for part in parts {
            match &*part.kind {
                "tool_call" => {
                    self.add_call(calls, part);
                    calls += 1;
                }
                // A message has room for one result.
                "tool_call_response" if results == 0 => {
                    self.add_maybe("tool_call_id", part.id.as_ref().map(|id| id.0.clone()));
                    self.add_maybe("content", part.response.as_ref().map(|text| text.0.clone()));
                    results += 1;
                }
                _ => {
                    let field = |name| format!("contents.{contents}.message_content.{name}");
                    self.add(
                        &field("type"),
                        Cow::Borrowed(if &*part.kind == "reasoning" { "reasoning" } else { "text" }),
                    );
                    self.add(&field("text"), words(part));
                    contents += 1;
                }
            }
        }
    }

    fn add_call(&mut self, number: usize, part: &Part<'a>) {
        let field = |name| format!("tool_calls.{number}.tool_call.{name}");
        self.add_maybe(&field("id"), part.id.as_ref().map(|id| id.0.clone()));
        self.add_maybe(&field("function.name"), part.name.as_ref().map(|name| name.0.clone()));
        self.add_maybe(&field("function.arguments"), part.arguments.as_ref().map(Arguments::text));
    }

    fn add_maybe(&mut self, field: &str, text: Option<Cow<'a, str>>) {
        if let Some(text) = text {
            self.add(field, text);
        }
    }
}

/// What can be read of a part: its text, else what it is, for example `[image/png]`.
fn words<'a>(part: &Part<'a>) -> Cow<'a, str> {
    if let Some(text) = part.content.as_ref().or(part.response.as_ref()) {
        return text.0.clone();
    }
    let kind = part.mime_type.as_ref().or(part.modality.as_ref()).unwrap_or(&part.kind);
    Cow::Owned(format!("[{kind}]"))
}
