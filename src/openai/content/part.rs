//! The parts of an OpenAI message: texts, tool calls, and what stands for images, recordings and files.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::texts::text;
use crate::completed_request::content::media::{media_type, modality};
use crate::completed_request::content::{Media, Part};
use crate::json::{Members, Text};

/// As much of a `data:` URL as its media type can take up.
const BEGINNING_BYTES: usize = 300;

/// A part of `content`; each type fills some of the fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestPart<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow)]
    image_url: Option<&'a RawValue>,
    #[serde(borrow)]
    video_url: Option<&'a RawValue>,
    #[serde(borrow)]
    input_audio: Option<&'a RawValue>,
    #[serde(borrow)]
    file: Option<&'a RawValue>,
}

/// Where the bytes of an image, recording or file are.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    format: Option<&'a RawValue>,
    #[serde(borrow)]
    file_data: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolCall<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

/// `content`: one text, or a list of parts.
pub(in crate::openai) fn parts<'a>(content: &'a RawValue) -> Vec<Part<'a>> {
    if let Some(text) = text(Some(content)) {
        return vec![Part::text(text)];
    }
    let parts: Vec<&'a RawValue> = serde_json::from_str(content.get()).unwrap_or_default();
    parts.into_iter().map(part).collect()
}

pub(in crate::openai) fn part(json: &RawValue) -> Part<'_> {
    if let Some(text) = text(Some(json)) {
        return Part::text(text);
    }
    let part: RequestPart<'_> = serde_json::from_str(json.get()).unwrap_or_default();
    let kind = text(part.kind).unwrap_or("unknown".into());
    let known = match &*kind {
        "text" | "input_text" | "output_text" => text(part.text).map(Part::text),
        "refusal" => text(part.refusal).map(Part::text),
        "thinking" | "reasoning" | "reasoning_text" | "summary_text" => {
            text(part.thinking).or_else(|| text(part.text)).map(Part::reasoning)
        }
        "image_url" | "input_image" | "computer_screenshot" => Some(Part::media(match part.image_url {
            Some(image) => linked("image", image),
            None => Media::Linked { modality: "image" },
        })),
        "video_url" => part.video_url.map(|video| Part::media(linked("video", video))),
        "input_audio" => part.input_audio.map(|recording| Part::media(audio(recording))),
        // The members of `file` stand beside the type in `/responses`.
        "file" | "input_file" => Some(Part::media(file(part.file.unwrap_or(json)))),
        _ => None,
    };
    known.unwrap_or_else(|| Part::unknown(kind))
}

/// The image, recording or file that a part of an answer is.
pub(in crate::openai) fn media<'a>(part: &Members<'a>) -> Option<Media<'a>> {
    let of = |name| part.get(name);
    None.or_else(|| of("image_url").map(|image| linked("image", image)))
        .or_else(|| of("video_url").map(|video| linked("video", video)))
        .or_else(|| of("input_audio").or_else(|| of("audio")).map(audio))
        .or_else(|| of("file").map(file))
}

/// `{"url": …}` or, from some clients, the URL itself.
pub(in crate::openai) fn linked<'a>(kind: &'static str, json: &'a RawValue) -> Media<'a> {
    let source: Source<'a> = serde_json::from_str(json.get()).unwrap_or_default();
    match embedded(source.url.unwrap_or(json)) {
        Some(media_type) => {
            Media::Embedded { modality: modality(&media_type).unwrap_or(kind), mime_type: Some(media_type) }
        }
        None => Media::Linked { modality: kind },
    }
}

/// `{"data": …, "format": "wav"}`
fn audio(json: &RawValue) -> Media<'_> {
    let source: Source<'_> = serde_json::from_str(json.get()).unwrap_or_default();
    let format = text(source.format).filter(|format| format.len() <= 32);
    Media::Embedded { modality: "audio", mime_type: format.map(|format| format!("audio/{format}").into()) }
}

/// `{"file_data": "data:…"}` or `{"file_id": …}`
fn file(json: &RawValue) -> Media<'_> {
    let source: Source<'_> = serde_json::from_str(json.get()).unwrap_or_default();
    let Some(data) = source.file_data else { return Media::Linked { modality: "file" } };
    let mime_type = embedded(data);
    Media::Embedded { modality: mime_type.as_deref().and_then(modality).unwrap_or("file"), mime_type }
}

/// The media type of a JSON text that is a `data:` URL. Reads only its beginning, however long the bytes behind are.
fn embedded(url: &RawValue) -> Option<Text<'_>> {
    let beginning = url.get().strip_prefix('"')?;
    let beginning = &beginning[..beginning.floor_char_boundary(BEGINNING_BYTES)];
    // Some clients write a slash as `\/`; no other character of a media type is ever escaped.
    let unescaped = beginning.replace("\\/", "/");
    media_type(&unescaped).map(|media_type| media_type.to_owned().into())
}

/// `tool_calls`, and the `function_call` of older clients.
pub(super) fn tool_calls<'a>(calls: Option<&'a RawValue>, old: Option<&'a RawValue>) -> Vec<Part<'a>> {
    let calls: Vec<&'a RawValue> = calls.and_then(|calls| serde_json::from_str(calls.get()).ok()).unwrap_or_default();
    let calls = calls.into_iter().map(|call| serde_json::from_str(call.get()).unwrap_or_default());
    let old = old.and_then(|function| serde_json::from_str(function.get()).ok());
    let old = old.map(|function| ToolCall { id: None, function: Some(function) });
    calls
        .chain(old)
        .map(|ToolCall { id, function }| {
            let Function { name, arguments } = function.unwrap_or_default();
            Part::tool_call(text(id), text(name), text(arguments))
        })
        .collect()
}
