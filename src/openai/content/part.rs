//! The parts of an OpenAI message: texts, tool calls, and what stands for images, recordings and files.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::texts::text;
use crate::completed_request::content::media::{media_type, modality, uri};
use crate::completed_request::content::{Media, Part};
use crate::json::Text;

/// As much of a `data:` URL as its media type can take up.
const BEGINNING_BYTES: usize = 300;

/// A part of `content` or of `images`; each type fills some of the fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawPart<'a> {
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
    #[serde(borrow)]
    file_url: Option<&'a RawValue>,
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
    let part: RawPart<'_> = serde_json::from_str(json.get()).unwrap_or_default();
    let kind = text(part.kind).unwrap_or("unknown".into());
    let known = match &*kind {
        "text" | "input_text" | "output_text" => text(part.text).map(Part::text),
        "refusal" => text(part.refusal).map(Part::text),
        "thinking" | "reasoning" | "reasoning_text" | "summary_text" => {
            text(part.thinking).or_else(|| text(part.text)).or_else(|| joined(part.thinking?)).map(Part::reasoning)
        }
        // The members of `file` stand beside the type in `/responses`.
        "file" | "input_file" => Some(Part::media(file(part.file.unwrap_or(json)))),
        "input_image" | "computer_screenshot" => {
            Some(Part::media(part.media().unwrap_or(Media::Linked { modality: "image", uri: None })))
        }
        _ => part.media().map(Part::media),
    };
    known.unwrap_or_else(|| Part::unknown(kind))
}

/// The texts of Mistral's `thinking`, which is a list of parts.
fn joined(list: &RawValue) -> Option<Text<'_>> {
    let parts = parts(list);
    let texts: Vec<&str> = parts.iter().filter_map(Part::as_text).collect();
    (!texts.is_empty()).then(|| texts.join("\n").into())
}

/// What stands for the image, recording or file that a part is.
pub(in crate::openai) fn media(json: &RawValue) -> Option<Media<'_>> {
    let part: RawPart<'_> = serde_json::from_str(json.get()).unwrap_or_default();
    part.media()
}

impl<'a> RawPart<'a> {
    fn media(&self) -> Option<Media<'a>> {
        let image = self.image_url.map(|image| linked("image", image));
        let video = || self.video_url.map(|video| linked("video", video));
        image.or_else(video).or_else(|| self.input_audio.map(audio)).or_else(|| self.file.map(file))
    }
}

/// `{"url": …}` or, from some clients, the URL itself.
pub(in crate::openai) fn linked<'a>(kind: &'static str, json: &'a RawValue) -> Media<'a> {
    let source: Source<'a> = serde_json::from_str(json.get()).unwrap_or_default();
    let url = source.url.unwrap_or(json);
    match embedded(url) {
        Some(media_type) => {
            Media::Embedded { modality: modality(&media_type).unwrap_or(kind), mime_type: Some(media_type) }
        }
        None => Media::Linked { modality: kind, uri: text(Some(url)).and_then(uri) },
    }
}

/// `{"data": …, "format": "wav"}`
fn audio(json: &RawValue) -> Media<'_> {
    let source: Source<'_> = serde_json::from_str(json.get()).unwrap_or_default();
    let format = text(source.format).filter(|format| format.len() <= 32);
    Media::Embedded { modality: "audio", mime_type: format.map(|format| format!("audio/{format}").into()) }
}

/// `{"file_data": "data:…"}`, `{"file_url": …}` or `{"file_id": …}`
fn file(json: &RawValue) -> Media<'_> {
    let source: Source<'_> = serde_json::from_str(json.get()).unwrap_or_default();
    let Some(data) = source.file_data else {
        return Media::Linked { modality: "file", uri: text(source.file_url).and_then(uri) };
    };
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
