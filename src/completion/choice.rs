//! One choice of an answer, and the writer with which readers fill it.

use super::finish_reason::FinishReason;
use super::growing_text::{GrowingText, Room};
use super::short::short;
use super::tool_calls::{ToolCallPiece, ToolCalls};
use super::unread::Unread;
use crate::completed_request::content::Media;
use crate::json::Fragment;

/// Images, recordings and files of one choice that are recorded.
const MEDIA: usize = 64;

/// One choice, as far as it was received; of a streamed one the pieces put together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// `assistant` where the upstream named none.
    pub role: Option<String>,
    pub text: GrowingText,
    pub refusal: GrowingText,
    pub reasoning: GrowingText,
    pub tool_calls: ToolCalls,
    /// What stands for images, recordings and files.
    pub media: Vec<Media<'static>>,
    pub finish_reason: Option<FinishReason>,
    /// The upstream's own word for the finish reason, where it is another.
    pub native_finish_reason: Option<String>,
}

/// Adds to a choice within the room that the answer's content has.
#[derive(Debug)]
pub struct ChoiceWriter<'c> {
    choice: &'c mut Choice,
    room: &'c mut Room,
    unread: &'c mut Unread,
}

impl<'c> ChoiceWriter<'c> {
    pub(super) fn new(choice: &'c mut Choice, room: &'c mut Room, unread: &'c mut Unread) -> Self {
        Self { choice, room, unread }
    }

    /// What the choice holds so far.
    pub fn so_far(&self) -> &Choice {
        self.choice
    }

    /// The first role stays.
    pub fn role(&mut self, role: &str) {
        if self.choice.role.is_none() {
            self.choice.role = Some(short(role)).filter(|role| !role.is_empty());
        }
    }

    pub fn add_text<'t>(&mut self, piece: impl Into<Fragment<'t>>) {
        self.choice.text.push(&piece.into(), self.room);
    }

    pub fn add_reasoning<'t>(&mut self, piece: impl Into<Fragment<'t>>) {
        self.choice.reasoning.push(&piece.into(), self.room);
    }

    pub fn add_refusal<'t>(&mut self, piece: impl Into<Fragment<'t>>) {
        self.choice.refusal.push(&piece.into(), self.room);
    }

    /// A tool call or a piece of one; which call it belongs to is decided by [`ToolCalls`].
    pub fn add_tool_call(&mut self, piece: &ToolCallPiece<'_>) {
        self.choice.tool_calls.add(piece, self.room);
    }

    pub fn add_media(&mut self, media: Media<'static>) {
        if self.choice.media.len() < MEDIA {
            self.choice.media.push(media);
        }
    }

    /// The choice held a member that no reader knows.
    pub fn note_unread(&mut self, name: &str) {
        self.unread.add(name);
    }

    /// Ends the choice with the upstream's own word. A word that is none, such as `""`, ends nothing.
    pub fn finish(&mut self, native: &str) {
        if let Some(reason) = FinishReason::of(native) {
            self.finish_as(reason, native);
        }
    }

    /// Ends the choice. `native` is the upstream's own word.
    pub fn finish_as(&mut self, reason: FinishReason, native: &str) {
        self.choice.finish_reason = Some(reason);
        self.choice.native_finish_reason =
            Some(short(native)).filter(|native| !native.is_empty() && native != reason.word());
    }
}
