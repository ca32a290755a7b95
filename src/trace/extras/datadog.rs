//! Datadog's LLM Observability: it drops spans without any `gen_ai.*` attribute.

use crate::trace::attributes::List;
use crate::trace::facts::{Facts, Place, object_text};

pub(in crate::trace) fn to_all<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    list.maybe_text("env", facts.environment());
    list.maybe_text("version", facts.release());
}

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, place: Place) {
    if place != Place::Generation {
        list.text("gen_ai.workflow.name", facts.trace_name.clone());
    }
    if matches!(place, Place::Root | Place::Generation) {
        list.maybe_text("_dd.ml_obs.metadata", object_text(facts.metadata_object()));
    }
}
