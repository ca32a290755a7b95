//! Langfuse's own attributes. The caller's metadata stands under its prefix instead of the usual one.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value as Json};

use crate::trace::attributes::List;
use crate::trace::dialogue::Dialogue;
use crate::trace::facts::{Facts, Place, object_text};

/// The most characters of an environment.
const ENVIRONMENT_CHARS: usize = 40;
/// An environment of another form is filed under `default`.
const RESERVED: &str = "langfuse";

pub(in crate::trace) fn to_all<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    list.text("langfuse.trace.name", facts.trace_name.clone());
    list.maybe_text("langfuse.environment", facts.environment().and_then(environment));
    list.maybe_text("langfuse.release", facts.release());
    // Without it Langfuse shows Tracecast's own version.
    list.maybe_text("langfuse.version", facts.release());
    list.texts("langfuse.trace.tags", facts.tags());
}

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, dialogue: &Dialogue<'a>, place: Place) {
    let kind = match place {
        Place::Generation if facts.is_embedding() => "embedding",
        Place::Generation => "generation",
        Place::Root | Place::Intermediate | Place::Attempt => "span",
    };
    list.text("langfuse.observation.type", kind);
    match place {
        Place::Root => {
            for key in ["langfuse.observation.input", "langfuse.trace.input"] {
                list.maybe_text(key, dialogue.input_json.clone());
            }
            for key in ["langfuse.observation.output", "langfuse.trace.output"] {
                list.maybe_text(key, dialogue.output_json.clone());
            }
        }
        Place::Generation => {
            list.maybe_text("langfuse.observation.cost_details", cost_details(facts));
            list.maybe_text("langfuse.observation.completion_start_time", completion_start_time(facts));
        }
        Place::Intermediate | Place::Attempt => {}
    }
}

/// An environment that Langfuse accepts; none where nothing is left.
fn environment(name: &str) -> Option<Cow<'_, str>> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let folded: String = name
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if allowed(c) { c } else { '-' })
        .take(ENVIRONMENT_CHARS)
        .collect();
    // An underscore before it is a name of its own, and still readable.
    let folded = if folded.starts_with(RESERVED) { format!("_{folded}") } else { folded };
    let cut: String = folded.chars().take(ENVIRONMENT_CHARS).collect();
    (!cut.is_empty()).then_some(Cow::Owned(cut))
}

fn cost_details(facts: &Facts<'_, '_>) -> Option<String> {
    let cost = &facts.request.cost;
    let members = [("total", cost.total), ("input", cost.input), ("output", cost.output)];
    let members = members
        .into_iter()
        .filter_map(|(key, usd)| Some((key.to_owned(), Json::from(usd.filter(|usd| usd.is_finite())?))));
    object_text(members.collect::<Map<_, _>>())
}

fn completion_start_time(facts: &Facts<'_, '_>) -> Option<String> {
    let request = facts.request;
    let first_chunk = request.times.first_chunk.filter(|_| request.streaming)?;
    let inside = first_chunk.clamp(facts.generation.start, facts.generation.end);
    let at = DateTime::from_timestamp_nanos(i64::try_from(inside.0).ok()?);
    Some(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_become_what_langfuse_accepts() {
        let long = "x".repeat(60);
        for (name, expected) in [
            ("Production", Some("production")),
            ("eu west/1", Some("eu-west-1")),
            ("Langfuse-test", Some("_langfuse-test")),
            ("bücher_1", Some("b-cher_1")),
            (&*long, Some(&long[..40])),
            ("", None),
        ] {
            assert_eq!(environment(name).as_deref(), expected, "{name}");
        }
    }
}
