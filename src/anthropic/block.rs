//! The blocks of a message: texts, tools, thinking, and what stands for images and documents.

use serde_json::value::RawValue;

use crate::completed_request::content::media::{modality, uri, without_bytes};
use crate::completed_request::content::{Media, Part};
use crate::json::{Members, Text};
use crate::openai::content::texts::{text, text_or_json};
use crate::openai::fields::items;

/// Longest media type that is recorded, in bytes (RFC 6838: two names of at most 127 characters).
const MEDIA_TYPE_BYTES: usize = 255;

/// `content`: one text, or a list of blocks.
pub(super) fn parts(content: Option<&RawValue>) -> Vec<Part<'_>> {
    match text(content) {
        Some(text) => vec![Part::text(text)],
        None => items(content)
            .into_iter()
            .flat_map(|block| parts_of(&Members::of(block.get()).unwrap_or_default()))
            .collect(),
    }
}

/// What is recorded of one block. `signature` and the `data` of redacted thinking are the model server's own.
fn parts_of<'a>(block: &Members<'a>) -> Vec<Part<'a>> {
    let kind = text(block.get("type")).unwrap_or("unknown".into());
    let known = match &*kind {
        "text" => text(block.get("text")).map(Part::text),
        "thinking" => text(block.get("thinking")).map(Part::reasoning),
        "image" => Some(media("image", block)),
        "document" => Some(media("file", block)),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => Some(tool_use(block)),
        kind if kind.ends_with("tool_result") => return tool_result(block),
        _ => None,
    };
    vec![known.unwrap_or_else(|| Part::unknown(kind))]
}

fn tool_use<'a>(block: &Members<'a>) -> Part<'a> {
    let input = block.get("input").map(|input| without_bytes(input.get().into()));
    Part::tool_call(text(block.get("id")), text(block.get("name")), input)
}

/// The texts of a result become one response; images and documents stand beside it. A result of the model server's own tools has
/// other blocks, which are recorded as JSON.
fn tool_result<'a>(block: &Members<'a>) -> Vec<Part<'a>> {
    let id = text(block.get("tool_use_id"));
    let content = block.get("content");
    let mut parts = parts(content);
    if let Some(content) = content.filter(|_| parts.iter().all(Part::is_unknown)) {
        return vec![Part::tool_call_response(id, text_or_json(content))];
    }
    let texts: Vec<&str> = parts.iter().filter_map(Part::as_text).collect();
    let response = texts.join("\n").into();
    parts.retain(|part| part.as_text().is_none());
    parts.insert(0, Part::tool_call_response(id, response));
    parts
}

/// An image or document by its type: where its bytes came with it, their media type.
fn media<'a>(kind: &'static str, block: &Members<'a>) -> Part<'a> {
    let source: Members<'a> = block.read("source").unwrap_or_default();
    if source.get("data").is_none() {
        return Part::media(Media::Linked { modality: kind, uri: text(source.get("url")).and_then(uri) });
    }
    let mime_type: Option<Text<'a>> = text(source.get("media_type")).filter(|text| text.len() <= MEDIA_TYPE_BYTES);
    let modality = mime_type.as_deref().and_then(modality).unwrap_or(kind);
    Part::media(Media::Embedded { modality, mime_type })
}
