//! Opik: tags, metadata, thread, and the provider under its former name.

use crate::trace::attributes::{List, cleaned};
use crate::trace::facts::{Facts, Place};
use crate::trace::span::Phrase;

pub(in crate::trace) fn to_all<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    list.texts("opik.tags", facts.tags());
    for (key, value) in facts.metadata() {
        list.maybe(Phrase::joined("opik.metadata.", key), Some(value));
    }
    list.maybe_text("opik.metadata.environment", facts.environment());
    list.maybe_text("opik.metadata.release", facts.release());
    list.maybe_text("thread_id", facts.session());
}

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, place: Place) {
    if place == Place::Generation {
        list.maybe_text("gen_ai.system", facts.provider().and_then(cleaned));
    }
}
