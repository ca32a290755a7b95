//! Prompt and completion, in the shape of the GenAI semantic conventions:
//! `[{"role": …, "parts": [{"type": …, "content": …}]}]`.
//!
//! The document is made once, when the request is recorded, so that the worker copies its messages into the trace
//! without understanding them.

mod arguments;
mod conversation;
mod document;
mod fit;
pub(crate) mod media;
mod message;
mod piece;
mod texts;
mod tools;
mod words;

pub(crate) use self::arguments::Arguments;
pub(crate) use self::conversation::Conversation;
pub use self::document::{Content, ContentRef, Unreadable};
pub use self::media::Media;
pub(crate) use self::message::{Message, Part};
pub use self::texts::ContentTexts;
pub(crate) use self::tools::Tool;

#[cfg(test)]
mod tests;
