//! A message and its parts, as the GenAI semantic conventions write them.

use serde::{Deserialize, Serialize};

use super::arguments::Arguments;
use super::media::Media;
use super::piece::Piece;
use crate::json::Text;

/// One message of the request or the answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Message<'a> {
    #[serde(borrow)]
    pub(crate) role: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) parts: Vec<Part<'a>>,
    /// Only of answers.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) finish_reason: Option<Text<'a>>,
}

/// One part of a message. Its type decides which fields are there; the constructors set them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Part<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    content: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    id: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    arguments: Option<Arguments<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    response: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    result: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    modality: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    mime_type: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    uri: Option<Text<'a>>,
}

impl<'a> Message<'a> {
    /// System and developer messages.
    pub(crate) fn is_system(&self) -> bool {
        matches!(&*self.role, "system" | "developer")
    }

    /// All that a caller could make long, also roles and names.
    pub(super) fn pieces(&mut self) -> impl Iterator<Item = Piece<'_, 'a>> {
        let labels = [&mut self.name, &mut self.finish_reason].into_iter().flatten();
        let labels = [&mut self.role].into_iter().chain(labels).map(Piece::Text);
        labels.chain(self.parts.iter_mut().flat_map(Part::pieces))
    }
}

impl<'a> Part<'a> {
    pub(crate) fn text(content: Text<'a>) -> Self {
        Self { kind: "text".into(), content: Some(content), ..Self::default() }
    }

    pub(crate) fn reasoning(content: Text<'a>) -> Self {
        Self { kind: "reasoning".into(), content: Some(content), ..Self::default() }
    }

    pub(crate) fn tool_call(id: Option<Text<'a>>, name: Option<Text<'a>>, arguments: Option<Text<'a>>) -> Self {
        Self { kind: "tool_call".into(), id, name, arguments: arguments.map(Arguments::of), ..Self::default() }
    }

    /// OpenTelemetry's conventions read `response`, some receivers read `result`.
    pub(crate) fn tool_call_response(id: Option<Text<'a>>, response: Text<'a>) -> Self {
        let result = Some(response.clone());
        Self { kind: "tool_call_response".into(), id, response: Some(response), result, ..Self::default() }
    }

    /// The part in place of an image, a recording or a file.
    pub(crate) fn media(media: Media<'a>) -> Self {
        match media {
            Media::Embedded { modality, mime_type } => {
                Self { kind: "blob".into(), modality: Some(modality.into()), mime_type, ..Self::default() }
            }
            Media::Linked { modality, uri } => {
                Self { kind: "uri".into(), modality: Some(modality.into()), uri, ..Self::default() }
            }
        }
    }

    pub(crate) fn unknown(kind: Text<'a>) -> Self {
        Self { kind, ..Self::default() }
    }

    /// Whether nothing but its type is recorded.
    pub(crate) fn is_unknown(&self) -> bool {
        *self == Self::unknown(self.kind.clone())
    }

    /// The text, where this part is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        if &*self.kind == "text" { self.content.as_deref() } else { None }
    }

    pub(super) fn pieces(&mut self) -> impl Iterator<Item = Piece<'_, 'a>> {
        let texts = [&mut self.content, &mut self.response, &mut self.result, &mut self.uri];
        let labels = [&mut self.id, &mut self.name, &mut self.modality, &mut self.mime_type];
        let texts = [&mut self.kind].into_iter().chain(texts.into_iter().chain(labels).flatten());
        texts.map(Piece::Text).chain(self.arguments.as_mut().map(Piece::Arguments))
    }
}
