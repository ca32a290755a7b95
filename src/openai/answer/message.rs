//! A choice of a chat completion: its message or delta, in all dialects.

use serde_json::value::RawValue;

use super::{content, tool_calls};
use crate::completed_request::content::Media;
use crate::completion::{ChoiceWriter, Completion, FinishReason};
use crate::json::{Fragment, Members, Text};
use crate::openai::content::part;

/// Members of a choice that hold nothing of the answer itself.
const BESIDE_THE_MESSAGE: [&str; 13] = [
    "index",
    "finish_reason",
    "native_finish_reason",
    "message",
    "delta",
    "usage",
    "error",
    "logprobs",
    "stop_reason",
    "matched_stop",
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

/// How the texts of one message belong together: a whole message has paragraphs, a delta has pieces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Whole,
    Delta,
}

impl Form {
    pub(super) fn separator(self) -> &'static str {
        match self {
            Self::Whole => "\n",
            Self::Delta => "",
        }
    }
}

pub(super) fn learn_choice(completion: &mut Completion, choice: &Members<'_>, position: usize) {
    let index = choice.read::<usize>("index").unwrap_or(position);
    let Some(mut writer) = completion.choice(index) else { return };
    if let Some(message) = choice.read::<Members<'_>>("message") {
        learn_message(&mut writer, &message, Form::Whole);
    } else if let Some(delta) = choice.read::<Members<'_>>("delta") {
        learn_message(&mut writer, &delta, Form::Delta);
    }
    for (key, value) in
        choice.filled().filter(|(key, value)| !BESIDE_THE_MESSAGE.contains(key) && says_something(value))
    {
        match Fragment::of(value).filter(|_| key == "text") {
            Some(text) => writer.add_text(text),
            None => writer.note_unread(key),
        }
    }
    finish(&mut writer, choice);
}

fn finish(writer: &mut ChoiceWriter<'_>, choice: &Members<'_>) {
    let word = |key| choice.read::<Text<'_>>(key).filter(|word| FinishReason::of(word).is_some());
    let Some(reason) = word("finish_reason").as_deref().and_then(FinishReason::of) else { return };
    let native = choice.read::<Text<'_>>("native_finish_reason").or_else(|| word("finish_reason"));
    writer.finish_as(reason, native.as_deref().unwrap_or_default());
}

fn learn_message(writer: &mut ChoiceWriter<'_>, message: &Members<'_>, form: Form) {
    if let Some(text) =
        REASONING.iter().find_map(|key| message.read::<Fragment<'_>>(key).filter(|text| !text.is_empty()))
    {
        writer.add_reasoning(text);
    } else if let Some(details) = message.get("reasoning_details") {
        content::learn_reasoning(writer, details, form);
    }
    for (key, value) in message.filled().filter(|(_, value)| says_something(value)) {
        let is_read = match key {
            "role" => message.read::<Text<'_>>(key).map(|role| writer.role(&role)).is_some(),
            "content" => content::learn(writer, value, form),
            "refusal" => Fragment::of(value).map(|text| writer.add_refusal(text)).is_some(),
            "tool_calls" => tool_calls::learn(writer, value, form),
            "function_call" => tool_calls::learn_function_call(writer, value),
            "audio" => learn_audio(writer, message),
            "images" => learn_images(writer, value),
            _ => REASONING.contains(&key) || BESIDE_THE_CONTENT.contains(&key),
        };
        if !is_read {
            writer.note_unread(key);
        }
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
        let of_part = serde_json::from_str::<Members<'_>>(image.get()).ok().and_then(|part| part.get("image_url"));
        writer.add_media(part::linked("image", of_part.unwrap_or(image)).into_owned());
    }
    true
}

/// `""`, `[]`, `{}` and `false` hold nothing.
fn says_something(value: &RawValue) -> bool {
    !matches!(value.get(), "\"\"" | "[]" | "{}" | "false")
}
