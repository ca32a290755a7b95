//! The items of a request to `/responses`: messages, calls and their outputs, reasoning.

use serde_json::value::RawValue;

use crate::completed_request::content::{Media, Message, Part};
use crate::json::{Members, Text};
use crate::openai::content::texts::{text, text_or_json};
use crate::openai::content::{part, tool_response};
use crate::openai::fields::items;

/// Members of a call in which its arguments stand, each type of call having one of them.
pub(super) const ARGUMENTS: [&str; 6] = ["arguments", "input", "code", "action", "operation", "queries"];
/// Those of them that no delta of a stream says.
pub(super) const ARGUMENTS_WITHOUT_DELTAS: [&str; 3] = ["action", "operation", "queries"];

/// `input`: one text, or a list of items.
pub(super) fn messages(input: Option<&RawValue>) -> Vec<Message<'_>> {
    if let Some(text) = text(input) {
        return vec![of("user", vec![Part::text(text)])];
    }
    items(input).into_iter().map(|item| message(&Members::of(item.get()).unwrap_or_default())).collect()
}

fn message<'a>(item: &Members<'a>) -> Message<'a> {
    let kind = text(item.get("type"));
    match kind.as_deref() {
        None | Some("message") => Message {
            role: text(item.get("role")).unwrap_or("unknown".into()),
            parts: item.get("content").map(part::parts).unwrap_or_default(),
            ..Message::default()
        },
        Some("reasoning") => of("assistant", reasoning(item)),
        Some("image_generation_call") => of("assistant", vec![Part::media(image(item))]),
        Some(kind) if kind.ends_with("_call") => of("assistant", call(item, kind.trim_end_matches("_call"))),
        Some(kind) if kind.ends_with("_output") => of("tool", output(item)),
        Some(_) => of("unknown", kind.into_iter().map(Part::unknown).collect()),
    }
}

fn of<'a>(role: &'static str, parts: Vec<Part<'a>>) -> Message<'a> {
    Message { role: role.into(), parts, ..Message::default() }
}

/// `summary` and `content` are for people. `encrypted_content` is the model server's own and not recorded.
fn reasoning<'a>(item: &Members<'a>) -> Vec<Part<'a>> {
    let texts = items(item.get("summary")).into_iter().chain(items(item.get("content")));
    texts.filter_map(|part| text(Members::of(part.get())?.get("text"))).map(Part::reasoning).collect()
}

/// A call of a function or of a tool of the model server. One of the latter may have its output with it.
fn call<'a>(item: &Members<'a>, kind: &str) -> Vec<Part<'a>> {
    let name = text(item.get("name")).unwrap_or_else(|| kind.to_owned().into());
    let arguments = ARGUMENTS.iter().find_map(|key| item.get(key)).map(text_or_json);
    let mut parts = vec![Part::tool_call(id(item), Some(name), arguments)];
    parts.extend(item.get("output").map(|output| Part::tool_call_response(id(item), text_or_json(output))));
    parts
}

/// The output of a call: a text, parts as a message has them, or JSON of the tool's own.
fn output<'a>(item: &Members<'a>) -> Vec<Part<'a>> {
    let Some(output) = item.get("output") else { return vec![Part::tool_call_response(id(item), "".into())] };
    let content = if output.get().starts_with('{') { vec![part::part(output)] } else { part::parts(output) };
    if content.iter().all(Part::is_unknown) {
        return vec![Part::tool_call_response(id(item), text_or_json(output))];
    }
    tool_response(id(item), content)
}

/// A generated image, by its type.
pub(super) fn image<'a>(item: &Members<'a>) -> Media<'a> {
    let format = text(item.get("output_format")).filter(|format| format.len() <= 32);
    Media::Embedded { modality: "image", mime_type: format.map(|format| format!("image/{format}").into()) }
}

fn id<'a>(item: &Members<'a>) -> Option<Text<'a>> {
    text(item.get("call_id")).or_else(|| text(item.get("id")))
}
