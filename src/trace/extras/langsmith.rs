//! LangSmith: runs of a kind, with metadata and tags. Its `session` means a project: the caller's session is metadata.

use crate::trace::attributes::{List, Tokens, cleaned};
use crate::trace::dialogue::{Dialogue, add_values};
use crate::trace::facts::{Facts, Place};
use crate::trace::span::Phrase;

/// Metadata that LangSmith itself reads; the caller's own must not stand beside it under the same name.
const OURS: [&str; 6] = ["environment", "revision_id", "user_id", "session_id", "ls_provider", "ls_model_name"];

pub(in crate::trace) fn to_all<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    for (key, value) in facts.metadata().filter(|(key, _)| !OURS.contains(key)) {
        list.maybe(Phrase::joined("langsmith.metadata.", key), Some(value));
    }
    list.maybe_text("langsmith.metadata.environment", facts.environment());
    list.maybe_text("langsmith.metadata.revision_id", facts.release());
    list.maybe_text("langsmith.metadata.user_id", facts.user());
    list.maybe_text("langsmith.metadata.session_id", facts.session());
    let tags = facts.tags().join(",");
    list.maybe_text("langsmith.span.tags", Some(tags).filter(|tags| !tags.is_empty()));
}

pub(in crate::trace) fn to_one<'a>(
    list: &mut List<'a>,
    facts: &Facts<'a, '_>,
    dialogue: &Dialogue<'a>,
    place: Place,
    name: &Phrase<'a>,
) {
    let kind = match place {
        Place::Generation if facts.is_embedding() => "embedding",
        Place::Generation => "llm",
        Place::Root | Place::Intermediate | Place::Attempt => "chain",
    };
    list.text("langsmith.span.kind", kind);
    list.text("langsmith.trace.name", name.clone());
    match place {
        Place::Root => add_values(list, dialogue.question(), dialogue.answer()),
        Place::Generation => {
            list.maybe_text("langsmith.metadata.ls_provider", facts.provider().and_then(cleaned));
            list.maybe_text("langsmith.metadata.ls_model_name", facts.model().and_then(cleaned));
            let tokens = Tokens::of(&facts.request.usage);
            list.int("gen_ai.usage.details.reasoning_tokens", tokens.reasoning);
        }
        Place::Intermediate | Place::Attempt => {}
    }
}
