//! Braintrust: JSON attributes, which it shows as null where they are not valid JSON.

use crate::trace::attributes::{List, Tokens};
use crate::trace::dialogue::Dialogue;
use crate::trace::facts::{Facts, Place, object_text};

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, dialogue: &Dialogue<'a>, place: Place) {
    let kind = if place == Place::Generation { r#"{"type":"llm"}"# } else { r#"{"type":"task"}"# };
    list.text("braintrust.span_attributes", kind);
    match place {
        Place::Root => {
            list.maybe_text("braintrust.input_json", dialogue.input_json.clone());
            list.maybe_text("braintrust.output_json", dialogue.output_json.clone());
            list.texts("braintrust.tags", facts.tags());
            metadata(list, facts);
        }
        Place::Generation => {
            metadata(list, facts);
            let tokens = Tokens::of(&facts.request.usage);
            list.double("braintrust.metrics.estimated_cost", facts.request.cost.total);
            list.double("braintrust.metrics.time_to_first_token", facts.seconds_to_first_chunk());
            list.int("braintrust.metrics.prompt_cached_tokens", tokens.cache_read);
            list.int("braintrust.metrics.completion_reasoning_tokens", tokens.reasoning);
        }
        Place::Intermediate | Place::Attempt => {}
    }
}

fn metadata<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    let mut object = facts.metadata_object();
    for (key, value) in [("user", facts.user()), ("session_id", facts.session())] {
        object.extend(value.map(|value| (key.to_owned(), value.into())));
    }
    list.maybe_text("braintrust.metadata", object_text(object));
}
