//! `content` of a message: a text, or a list of parts.

use serde_json::value::RawValue;

use super::form::Form;
use crate::completion::ChoiceWriter;
use crate::json::{Fragment, Members, Text};
use crate::openai::content::part;

/// False when it is neither text nor parts.
pub(super) fn learn(writer: &mut ChoiceWriter<'_>, content: &RawValue, form: Form) -> bool {
    if let Some(text) = Fragment::of(content) {
        writer.add_text(text);
        return true;
    }
    let Some(parts) = parts(content) else { return false };
    let mut separator = "";
    for json in parts {
        let part = Members::of(json.get()).unwrap_or_default();
        let kind = part.read::<Text<'_>>("type").unwrap_or_default();
        match &*kind {
            "thinking" | "reasoning" => {
                let thoughts = ["thinking", "text", "reasoning"].iter().find_map(|key| part.get(key));
                if !thoughts.is_some_and(|thoughts| learn_reasoning(writer, thoughts, form)) {
                    writer.note_unread(&kind);
                }
            }
            "refusal" => add(&part, "refusal", |text| writer.add_refusal(text)),
            "reference" => {}
            _ if part.contains("text") => add(&part, "text", |text| {
                writer.add_text(separator);
                writer.add_text(text);
                separator = form.separator();
            }),
            _ => match part::media(json) {
                Some(media) => writer.add_media(media.into_owned()),
                None => writer.note_unread(if kind.is_empty() { "content" } else { &kind }),
            },
        }
    }
    true
}

/// A text, or a list of parts with texts. False when it is neither.
pub(super) fn learn_reasoning(writer: &mut ChoiceWriter<'_>, thoughts: &RawValue, form: Form) -> bool {
    if let Some(text) = Fragment::of(thoughts) {
        writer.add_reasoning(text);
        return true;
    }
    let Some(parts) = parts(thoughts) else { return false };
    let parts = parts.into_iter().filter_map(|part| Members::of(part.get()));
    let texts = parts.filter_map(|part| part.read("text").or_else(|| part.read::<Fragment<'_>>("summary")));
    for (position, text) in texts.enumerate() {
        writer.add_reasoning(if position > 0 { form.separator() } else { "" });
        writer.add_reasoning(text);
    }
    true
}

/// The parts of a list; an object is the only part. None where it is neither.
fn parts(content: &RawValue) -> Option<Vec<&RawValue>> {
    match content.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(content.get()).ok(),
        Some(b'{') => Some(vec![content]),
        _ => None,
    }
}

fn add<'a>(part: &Members<'a>, key: &str, add: impl FnOnce(Fragment<'a>)) {
    if let Some(text) = part.read(key) {
        add(text);
    }
}
