//! A choice of a chat completion: its message or delta, in all dialects.

use serde_json::value::RawValue;

use super::form::Form;
use super::{content, tool_calls};
use crate::completed_request::content::Media;
use crate::completion::{ChoiceWriter, Completion, FinishReason};
use crate::json::{Fragment, Members, Text};
use crate::openai::content::part;

/// Members of a choice that hold nothing of the answer itself.
const BESIDE_THE_MESSAGE: [&str; 12] = [
    "index",
    "finish_reason",
    "native_finish_reason",
    "usage",
    "error",
    "logprobs",
    "stop_reason",
    "matched_stop",
    "content_filter_offsets",
    "content_filter_results",
    "token_ids",
    "prompt_token_ids",
];
/// Members of a message that hold nothing new: sources, signatures, and reasoning that is told a second time.
const BESIDE_THE_CONTENT: [&str; 9] = [
    "annotations",
    "citations",
    "context",
    "function_call_id",
    "name",
    "provider_specific_fields",
    "reasoning_details",
    "thinking_blocks",
    "extra_content",
];
/// The same reasoning under several names. The first that says something is read.
const REASONING: [&str; 3] = ["reasoning", "reasoning_content", "thinking"];

pub(super) fn learn_choice(completion: &mut Completion, choice: &Members<'_>, position: usize) {
    let index = choice.read::<usize>("index").unwrap_or(position);
    let Some(mut writer) = completion.choice(index) else { return };
    for (key, value) in choice.filled().filter(|(_, value)| says_something(value)) {
        let is_read = match key {
            "message" => learn_message(&mut writer, value, Form::Whole),
            "delta" => choice.get("message").is_some() || learn_message(&mut writer, value, Form::Delta),
            "text" => Fragment::of(value).map(|text| writer.add_text(text)).is_some(),
            _ => BESIDE_THE_MESSAGE.contains(&key),
        };
        if !is_read {
            writer.note_unread(key);
        }
    }
    finish(&mut writer, choice);
}

fn finish(writer: &mut ChoiceWriter<'_>, choice: &Members<'_>) {
    let Some(word) = choice.read::<Text<'_>>("finish_reason") else { return };
    if let Some(reason) = FinishReason::of(&word) {
        let native = choice.read::<Text<'_>>("native_finish_reason").unwrap_or(word);
        writer.finish_as(reason, &native);
    }
}

/// False when it is no object.
fn learn_message(writer: &mut ChoiceWriter<'_>, message: &RawValue, form: Form) -> bool {
    let Some(message) = Members::of(message.get()) else { return false };
    learn_reasoning(writer, &message, form);
    for (key, value) in message.filled().filter(|(_, value)| says_something(value)) {
        let is_read = match key {
            "role" => message.read::<Text<'_>>(key).map(|role| writer.role(&role)).is_some(),
            "content" => content::learn(writer, value, form),
            "refusal" => Fragment::of(value).map(|text| writer.add_refusal(text)).is_some(),
            "tool_calls" => tool_calls::learn(writer, value, form),
            "function_call" => tool_calls::learn_function_call(writer, value),
            "audio" => learn_audio(writer, &message),
            "images" => learn_images(writer, value),
            _ => REASONING.contains(&key) || BESIDE_THE_CONTENT.contains(&key),
        };
        if !is_read {
            writer.note_unread(key);
        }
    }
    true
}

fn learn_reasoning(writer: &mut ChoiceWriter<'_>, message: &Members<'_>, form: Form) {
    let filled = |key: &&str| message.read::<Fragment<'_>>(key).filter(|text| !text.is_empty());
    if let Some(text) = REASONING.iter().find_map(filled) {
        writer.add_reasoning(text);
    } else if let Some(details) = message.get("reasoning_details") {
        content::learn_reasoning(writer, details, form);
    }
}

/// `{"id", "data", "transcript"}`; a stream gives them one after another.
fn learn_audio(writer: &mut ChoiceWriter<'_>, message: &Members<'_>) -> bool {
    const AUDIO: Media<'static> = Media::Embedded { modality: "audio", mime_type: None };
    let Some(audio) = message.read::<Members<'_>>("audio") else { return false };
    if !writer.so_far().media.contains(&AUDIO) {
        writer.add_media(AUDIO);
    }
    if let Some(transcript) = audio.read::<Fragment<'_>>("transcript") {
        writer.add_text(transcript);
    }
    true
}

/// `[{"type": "image_url", "image_url": {"url": …}}]`, or the URLs themselves.
fn learn_images(writer: &mut ChoiceWriter<'_>, images: &RawValue) -> bool {
    let Ok(images) = serde_json::from_str::<Vec<&RawValue>>(images.get()) else { return false };
    for image in images {
        let media = part::media(image).unwrap_or_else(|| part::linked("image", image));
        writer.add_media(media.into_owned());
    }
    true
}

/// `""`, `[]`, `{}` and `false` hold nothing.
fn says_something(value: &RawValue) -> bool {
    !matches!(value.get(), "\"\"" | "[]" | "{}" | "false")
}
