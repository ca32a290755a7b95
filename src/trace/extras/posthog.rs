//! PostHog: it drops spans that no attribute marks as AI, and reads cost and times under its own names.

use crate::trace::attributes::{List, Tokens};
use crate::trace::facts::{Facts, Place, object_text};

pub(in crate::trace) fn to_all<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    list.maybe_text("posthog.distinct_id", facts.user());
}

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, place: Place) {
    if place != Place::Generation {
        list.text("gen_ai.workflow.name", facts.trace_name.clone());
        return;
    }
    let cost = &facts.request.cost;
    list.double("$ai_total_cost_usd", cost.total);
    list.double("$ai_input_cost_usd", cost.input);
    list.double("$ai_output_cost_usd", cost.output);
    list.double("$ai_time_to_first_token", facts.seconds_to_first_chunk());
    list.bool("$ai_stream", facts.request.streaming);
    list.int("$ai_reasoning_tokens", Tokens::of(&facts.request.usage).reasoning);
    list.maybe_text("$ai_model_parameters", object_text(facts.parameters()));
}
