//! Prompt and completion as dialects and products repeat them beside the conventions' own attributes.

use std::borrow::Cow;

use serde::Deserialize;

use super::attributes::List;
use super::span::Phrase;
use crate::completed_request::content::{ContentTexts, Message};

const PLAIN_TEXT: &str = "text/plain";
const JSON: &str = "application/json";

/// What was said, already as short as the spans need it. Empty in Privacy Mode.
#[derive(Debug, Default)]
pub(super) struct Dialogue<'a> {
    /// JSON: the messages of the request, the system's first.
    pub(super) input_json: Option<Cow<'a, str>>,
    /// JSON: the messages of the answer.
    pub(super) output_json: Option<Cow<'a, str>>,
    /// The messages of the request, the system's first; empty unless [`Self::parsed`] made it.
    pub(super) input: Vec<Message<'a>>,
    /// The messages of the answer; empty unless [`Self::parsed`] made it.
    pub(super) output: Vec<Message<'a>>,
    /// JSON: the tools that the model could call.
    pub(super) tools_json: Option<Cow<'a, str>>,
}

/// A text or JSON, and which of both it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said<'a> {
    pub(super) text: Phrase<'a>,
    pub(super) mime_type: &'static str,
}

impl<'a> Dialogue<'a> {
    /// For those that repeat JSON only.
    pub(super) fn unparsed(texts: &ContentTexts<'a>) -> Self {
        Self {
            input_json: with_system(texts),
            output_json: texts.output.clone(),
            tools_json: texts.tools.clone(),
            ..Self::default()
        }
    }

    /// For those that repeat single messages too.
    pub(super) fn parsed(texts: &ContentTexts<'a>) -> Self {
        let unparsed = Self::unparsed(texts);
        Self {
            input: messages(unparsed.input_json.as_ref()),
            output: messages(unparsed.output_json.as_ref()),
            ..unparsed
        }
    }

    /// The newest message of the user.
    pub(super) fn question(&self) -> Option<Said<'a>> {
        let newest = self.input.iter().rfind(|message| &*message.role == "user");
        said(newest.or(self.input.last()).map(std::slice::from_ref)?, None)
    }

    /// All messages of the request.
    pub(super) fn all_input(&self) -> Option<Said<'a>> {
        said(&self.input, self.input_json.as_ref())
    }

    /// All messages of the answer.
    pub(super) fn answer(&self) -> Option<Said<'a>> {
        said(&self.output, self.output_json.as_ref())
    }
}

/// Adds question and answer as `input.value` and `output.value`, each with its MIME type.
pub(super) fn add_values<'a>(list: &mut List<'a>, input: Option<Said<'a>>, output: Option<Said<'a>>) {
    for (said, value, mime_type) in
        [(input, "input.value", "input.mime_type"), (output, "output.value", "output.mime_type")]
    {
        if let Some(said) = said {
            list.text(value, said.text);
            list.text(mime_type, said.mime_type);
        }
    }
}

/// The text of a message that is nothing else.
pub(super) fn only_text<'m, 'a>(message: &'m Message<'a>) -> Option<&'m Cow<'a, str>> {
    match &message.parts[..] {
        [part] if &*part.kind == "text" => part.content.as_ref().map(|text| &text.0),
        _ => None,
    }
}

/// A single text as it is, everything else as JSON, which is `json` where it is given.
fn said<'a>(messages: &[Message<'a>], json: Option<&Cow<'a, str>>) -> Option<Said<'a>> {
    if let [message] = messages
        && let Some(text) = only_text(message)
    {
        return Some(Said { text: text.clone().into(), mime_type: PLAIN_TEXT });
    }
    let json = match json {
        Some(json) => json.clone(),
        // In Privacy Mode there is nothing to show, and an empty list would look like an empty conversation.
        None if messages.is_empty() => return None,
        None => Cow::Owned(serde_json::to_string(messages).ok()?),
    };
    Some(Said { text: json.into(), mime_type: JSON })
}

fn messages<'a>(json: Option<&Cow<'a, str>>) -> Vec<Message<'a>> {
    match json {
        Some(Cow::Borrowed(json)) => list(json),
        Some(Cow::Owned(json)) => list(json).into_iter().map(Message::into_owned).collect(),
        None => Vec::new(),
    }
}

fn list<'j, T: Deserialize<'j>>(json: &'j str) -> Vec<T> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The messages of the request behind one of the system's that holds the instructions.
fn with_system<'a>(texts: &ContentTexts<'a>) -> Option<Cow<'a, str>> {
    let Some(parts) = &texts.system_instructions else { return texts.input.clone() };
    let others = texts.input.as_deref().and_then(|json| json.strip_prefix('[')).unwrap_or("]");
    let comma = if others == "]" { "" } else { "," };
    Some(Cow::Owned(format!(r#"[{{"role":"system","parts":{parts}}}{comma}{others}"#)))
}
