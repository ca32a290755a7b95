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
    pub(crate) kind: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) arguments: Option<Arguments<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) modality: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) mime_type: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<Text<'a>>,
}

impl<'a> Message<'a> {
    /// System and developer messages.
    pub(crate) fn is_system(&self) -> bool {
        matches!(&*self.role, "system" | "developer")
    }

    /// The same, free of the bytes it was read from.
    pub(crate) fn into_owned(self) -> Message<'static> {
        Message {
            role: self.role.into_owned(),
            name: self.name.map(Text::into_owned),
            parts: self.parts.into_iter().map(Part::into_owned).collect(),
            finish_reason: self.finish_reason.map(Text::into_owned),
        }
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

    fn into_owned(self) -> Part<'static> {
        let owned = |text: Option<Text<'_>>| text.map(Text::into_owned);
        Part {
            kind: self.kind.into_owned(),
            content: owned(self.content),
            id: owned(self.id),
            name: owned(self.name),
            arguments: self.arguments.map(Arguments::into_owned),
            response: owned(self.response),
            result: owned(self.result),
            modality: owned(self.modality),
            mime_type: owned(self.mime_type),
            uri: owned(self.uri),
        }
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
