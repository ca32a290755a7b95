//! The tool calls of a choice, put together from pieces of all dialects.

mod arguments;

use std::ops::Deref;

use self::arguments::Brackets;
use super::growing_text::{GrowingText, Room};
use super::short::short;
use crate::json::Fragment;

/// Tool calls of one choice that are recorded; OpenAI allows 128 tools.
const TOOL_CALLS: usize = 256;

/// A call that the model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolCall {
    pub id: String,
    pub name: GrowingText,
    /// JSON as text, perhaps cut off.
    pub arguments: GrowingText,
}

/// A tool call as one event or one whole answer gives it.
#[derive(Debug, Clone, Default)]
pub struct ToolCallPiece<'a> {
    /// Its place among the calls, where the protocol says it.
    pub index: Option<usize>,
    /// Empty is none.
    pub id: Option<Fragment<'a>>,
    pub name: Option<Fragment<'a>>,
    /// JSON as text, or a piece of it.
    pub arguments: Option<Fragment<'a>>,
}

/// The calls in the order in which they began.
///
/// An id that is new is a new call, whatever the index: Gemini gives no index, other servers count each call as 0. A
/// piece without id continues the last call at its index; without index, the last call of all. Only if that call's
/// arguments are whole, a piece with a name and arguments of its own begins another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolCalls {
    calls: Vec<ToolCall>,
    progress: Vec<Progress>,
}

/// How far a call has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Progress {
    index: Option<usize>,
    brackets: Brackets,
}

impl ToolCalls {
    pub(super) fn add(&mut self, piece: &ToolCallPiece<'_>, room: &mut Room) {
        let Some(place) = self.place(piece) else { return };
        let (call, progress) = (&mut self.calls[place], &mut self.progress[place]);
        if let Some(id) = id_of(piece).filter(|_| call.id.is_empty()) {
            call.id = short(id);
        }
        // Some servers repeat the whole name in each piece, some send it in pieces.
        if let Some(name) = piece.name.as_ref().filter(|name| *name.text != *call.name) {
            call.name.push(name, room);
        }
        if let Some(arguments) = &piece.arguments {
            progress.brackets.read(&arguments.text);
            call.arguments.push(arguments, room);
        }
    }

    /// The call to which a piece belongs, made if it is a new one; None beyond what is recorded.
    fn place(&mut self, piece: &ToolCallPiece<'_>) -> Option<usize> {
        let known = match id_of(piece) {
            Some(id) => {
                self.of_id(&short(id)).or_else(|| self.last(piece).filter(|place| self.calls[*place].id.is_empty()))
            }
            None => self.last(piece),
        };
        if let Some(place) = known.filter(|place| !self.begins_another(*place, piece)) {
            return Some(place);
        }
        if self.calls.len() == TOOL_CALLS {
            return None;
        }
        self.calls.push(ToolCall::default());
        self.progress.push(Progress { index: piece.index, ..Progress::default() });
        Some(self.calls.len() - 1)
    }

    fn of_id(&self, id: &str) -> Option<usize> {
        self.calls.iter().rposition(|call| call.id == id)
    }

    /// The last call at the piece's index; without index, the last call.
    fn last(&self, piece: &ToolCallPiece<'_>) -> Option<usize> {
        match piece.index {
            Some(index) => self.progress.iter().rposition(|call| call.index == Some(index)),
            None => self.calls.len().checked_sub(1),
        }
    }

    fn begins_another(&self, place: usize, piece: &ToolCallPiece<'_>) -> bool {
        let is_filled = |text: &Option<Fragment<'_>>| text.as_ref().is_some_and(|text| !text.text.trim().is_empty());
        let is_same_id = id_of(piece).is_some_and(|id| self.calls[place].id == short(id));
        !is_same_id
            && self.progress[place].brackets.are_closed()
            && is_filled(&piece.name)
            && is_filled(&piece.arguments)
    }
}

fn id_of<'p>(piece: &'p ToolCallPiece<'_>) -> Option<&'p str> {
    piece.id.as_ref().map(|id| &*id.text).filter(|id| !id.trim().is_empty())
}

impl Deref for ToolCalls {
    type Target = [ToolCall];

    fn deref(&self) -> &[ToolCall] {
        &self.calls
    }
}

impl From<Vec<ToolCall>> for ToolCalls {
    fn from(calls: Vec<ToolCall>) -> Self {
        let progress = vec![Progress::default(); calls.len()];
        Self { calls, progress }
    }
}
