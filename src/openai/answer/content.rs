//! `content` of a message: a text, or a list of parts.

use serde_json::value::RawValue;

use super::message::Form;
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
    for part in &parts {
        let kind = part.read::<Text<'_>>("type").unwrap_or_default();
        match &*kind {
            "thinking" | "reasoning" => {
                let thoughts = ["thinking", "text", "reasoning"].iter().find_map(|key| part.get(key));
                if !thoughts.is_some_and(|thoughts| learn_reasoning(writer, thoughts, form)) {
                    writer.note_unread(&kind);
                }
            }
            "refusal" => add(part, "refusal", |text| writer.add_refusal(text)),
            "reference" => {}
            _ if part.contains("text") => add(part, "text", |text| {
                writer.add_text(separator);
                writer.add_text(text);
                separator = form.separator();
            }),
            _ => match part::media(part) {
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
    let texts = parts.iter().filter_map(|part| part.read("text").or_else(|| part.read::<Fragment<'_>>("summary")));
    for (position, text) in texts.enumerate() {
        writer.add_reasoning(if position > 0 { form.separator() } else { "" });
        writer.add_reasoning(text);
    }
    true
}

/// The objects of a list, or the one object.
fn parts<'a>(content: &'a RawValue) -> Option<Vec<Members<'a>>> {
    let list = serde_json::from_str::<Vec<&'a RawValue>>(content.get()).unwrap_or_else(|_| vec![content]);
    let parts: Vec<Members<'a>> = list.into_iter().filter_map(|part| Members::of(part.get())).collect();
    (!parts.is_empty()).then_some(parts)
}

fn add<'a>(part: &Members<'a>, key: &str, add: impl FnOnce(Fragment<'a>)) {
    if let Some(text) = part.read(key) {
        add(text);
    }
}
