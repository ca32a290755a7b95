//! OpenInference's attributes (Arize's conventions), which Phoenix, Arize AX, MLflow and Weave read.

mod messages;
mod tools;

use crate::trace::attributes::{List, Tokens, cleaned};
use crate::trace::dialogue::{Dialogue, add_values};
use crate::trace::facts::{Facts, Place, object_text};

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, dialogue: &Dialogue<'a>, place: Place) {
    let kind = match place {
        Place::Generation if facts.is_embedding() => "EMBEDDING",
        Place::Generation => "LLM",
        Place::Root | Place::Intermediate | Place::Attempt => "CHAIN",
    };
    list.text("openinference.span.kind", kind);
    match place {
        Place::Root => {
            add_values(list, dialogue.question(), dialogue.answer());
            metadata(list, facts);
        }
        Place::Generation => {
            // Most messages are a role and a text.
            list.0.reserve(24 + 2 * (dialogue.input.len() + dialogue.output.len()));
            call(list, facts);
            add_values(list, dialogue.all_input(), dialogue.answer());
            messages::add(list, "llm.input_messages.", &dialogue.input);
            messages::add(list, "llm.output_messages.", &dialogue.output);
            tools::add(list, dialogue);
            metadata(list, facts);
        }
        Place::Intermediate | Place::Attempt => {}
    }
}

/// The model call without its content.
fn call<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    list.maybe_text("llm.model_name", facts.model().and_then(cleaned));
    list.maybe_text("llm.provider", facts.provider().and_then(cleaned));
    list.maybe_text("llm.invocation_parameters", object_text(facts.parameters()));
    let tokens = Tokens::of(&facts.request.usage);
    list.int("llm.token_count.prompt", tokens.input);
    list.int("llm.token_count.completion", tokens.output);
    list.int("llm.token_count.total", tokens.total);
    list.int("llm.token_count.prompt_details.cache_read", tokens.cache_read);
    list.int("llm.token_count.prompt_details.cache_write", tokens.cache_creation);
    list.int("llm.token_count.completion_details.reasoning", tokens.reasoning);
    let cost = &facts.request.cost;
    list.double("llm.cost.prompt", cost.input);
    list.double("llm.cost.completion", cost.output);
    list.double("llm.cost.total", cost.total);
    let finish_reason = facts.request.response.finish_reasons.first();
    list.maybe_text("llm.finish_reason", finish_reason.and_then(|reason| cleaned(reason)));
}

fn metadata<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    list.maybe_text("metadata", object_text(facts.metadata_object()));
    list.texts("tag.tags", facts.tags());
}
