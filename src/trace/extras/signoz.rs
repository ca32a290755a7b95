//! SigNoz: the time to the first token.

use crate::trace::attributes::List;
use crate::trace::facts::{Facts, Place};

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, place: Place) {
    if place == Place::Generation {
        list.double("gen_ai.server.ttft", facts.seconds_to_first_chunk());
    }
}
