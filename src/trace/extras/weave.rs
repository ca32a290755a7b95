//! Weights & Biases Weave: name and thread of the trace.

use crate::trace::attributes::List;
use crate::trace::facts::{Facts, Place};

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, place: Place) {
    if place == Place::Root {
        list.text("wandb.display_name", facts.trace_name.clone());
        list.maybe_text("wandb.thread_id", facts.session());
        list.bool("wandb.is_turn", true);
    }
}
