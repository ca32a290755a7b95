//! What decides the reply of the built-in model, whatever the protocol in which it is asked.

use serde_json::value::RawValue;

use super::instance::instance;
use crate::json::{Members, Text, quoted};

/// Characters of the question that are echoed.
const ECHO_CHARS: usize = 2_000;

/// A question, read from a protocol's body.
#[derive(Debug, Default)]
pub(super) struct Question<'a> {
    /// The user's last message.
    pub(super) text: String,
    /// The functions that may be called.
    pub(super) tools: Vec<Tool<'a>>,
    pub(super) choice: Choice<'a>,
    /// Whether a call has been answered. One call is enough: a model without a mind would go on calling.
    pub(super) has_result: bool,
    pub(super) form: Form<'a>,
}

#[derive(Debug)]
pub(super) struct Tool<'a> {
    pub(super) name: Text<'a>,
    /// The JSON schema of its arguments.
    pub(super) parameters: Option<&'a RawValue>,
}

/// Which tool the caller wants to be called.
#[derive(Debug, Default)]
pub(super) enum Choice<'a> {
    #[default]
    First,
    Named(Text<'a>),
    Never,
}

/// The form in which the caller wants the answer.
#[derive(Debug, Default)]
pub(super) enum Form<'a> {
    #[default]
    Prose,
    Object,
    Schema(&'a RawValue),
}

/// What the model says.
#[derive(Debug, PartialEq)]
pub(super) enum Reply {
    Text(String),
    Call {
        name: String,
        /// A JSON object.
        arguments: String,
    },
}

impl Question<'_> {
    /// The same question always gets the same reply.
    pub(super) fn reply(&self) -> Reply {
        if let Some(tool) = self.tool() {
            // Arguments are an object, whatever an empty schema would allow.
            let arguments = tool.parameters.map(instance).filter(|arguments| arguments.starts_with('{'));
            let arguments = arguments.unwrap_or_else(|| "{}".to_owned());
            return Reply::Call { name: tool.name.to_string(), arguments };
        }
        Reply::Text(match self.form {
            Form::Prose => prose(&self.text),
            Form::Object => format!("{{\"echo\":{}}}", quoted(&echoed(&self.text))),
            Form::Schema(schema) => instance(schema),
        })
    }

    fn tool(&self) -> Option<&Tool<'_>> {
        match &self.choice {
            _ if self.has_result => None,
            Choice::Never => None,
            Choice::First => self.tools.first(),
            Choice::Named(name) => self.tools.iter().find(|tool| tool.name == *name).or(self.tools.first()),
        }
    }
}

impl Reply {
    /// The words of a text or the arguments of a call, for the tokens that it took.
    pub(super) fn written(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Call { arguments, .. } => arguments,
        }
    }
}

impl<'a> Form<'a> {
    /// `{"type": "json_schema", "schema"}`, `{"type": "json_object"}` or something else.
    pub(super) fn of(format: &Members<'a>) -> Self {
        match format.read::<Text<'_>>("type").as_deref() {
            Some("json_schema") => format.get("schema").map_or(Self::Object, Self::Schema),
            Some("json_object") => Self::Object,
            _ => Self::Prose,
        }
    }
}

/// The text of the user's last message that has one: results of tools may stand in messages of the user, too.
pub(super) fn last_text(messages: &[Members<'_>]) -> String {
    let of_user = messages.iter().rev().filter(|message| says(message, "role", "user"));
    of_user.map(text_of).find(|text| !text.trim().is_empty()).unwrap_or_default()
}

/// Whether a member is this word.
pub(super) fn says(members: &Members<'_>, key: &str, word: &str) -> bool {
    members.read::<Text<'_>>(key).as_deref() == Some(word)
}

fn text_of(message: &Members<'_>) -> String {
    let parts = || message.read::<Vec<Members<'_>>>("content").unwrap_or_default();
    let texts =
        || parts().iter().filter_map(|part| Some(part.read::<Text<'_>>("text")?.to_string())).collect::<Vec<_>>();
    message.read::<Text<'_>>("content").map_or_else(|| texts().join("\n"), |text| text.to_string())
}

/// A text in the pieces in which a stream brings it: words, or members of an object.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', ','])
}

pub(super) fn prose(text: &str) -> String {
    const WHO: &str =
        "This is demo/echo, Tracecast's built-in model: it has no mind of its own and repeats you. You said";
    let echoed = echoed(text);
    if echoed.trim().is_empty() { format!("{WHO} nothing.") } else { format!("{WHO}: {echoed}") }
}

fn echoed(text: &str) -> String {
    let mut echoed: String = text.chars().take(ECHO_CHARS).collect();
    if echoed.len() < text.len() {
        echoed.push('…');
    }
    echoed
}
