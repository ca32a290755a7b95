//! Reads an answer of `/responses` while it passes: one whole answer, or a stream event by event.

use super::{events, whole};
use crate::completion::Completion;
use crate::json::{Members, Text};

/// Learns from a whole answer or from an event. Fields that are missing or odd are passed over.
pub fn learn(completion: &mut Completion, answer: &Members<'_>) {
    match answer.read::<Text<'_>>("type").as_deref().filter(|kind| is_event(kind)) {
        Some(kind) => events::learn(completion, kind, answer),
        None => whole::learn(completion, answer),
    }
}

/// Whether an event holds a piece of the answer.
pub fn begins_answer(event: &Members<'_>) -> bool {
    event.contains("delta")
}

/// Whether an event is the last of its stream.
pub fn ends_stream(event: &Members<'_>) -> bool {
    let last = ["response.completed", "response.incomplete", "response.failed", "error"];
    event.read::<Text<'_>>("type").is_some_and(|kind| last.contains(&&*kind))
}

fn is_event(kind: &str) -> bool {
    kind == "error" || kind.starts_with("response.")
}
