//! What the receiver shows differently, in sentences.

use crate::completed_request::content::ContentRef;
use crate::completed_request::limits::METADATA_KEYS;
use crate::completed_request::{CompletedRequest, FORMAT};
use crate::pages::components::amount::count;
use crate::store::deliveries::CarriedRequest;
use crate::trace::{self, Note, TraceSettings};

/// The notes on a recorded request at a destination of the kind `label`.
pub(super) fn of(recorded: &CarriedRequest, settings: &TraceSettings, label: &str) -> Vec<String> {
    let unreadable = || vec!["This version of Tracecast cannot read the recorded request.".to_owned()];
    if recorded.format > FORMAT {
        return unreadable();
    }
    let Ok(request) = CompletedRequest::from_bytes(&recorded.payload) else { return unreadable() };
    let Ok(content) = recorded.content.as_deref().map(ContentRef::from_bytes).transpose() else { return unreadable() };
    let trace = trace::build(&request, content.as_ref(), settings);
    trace::notes(&request, &trace, settings).iter().map(|note| words(note, label)).collect()
}

fn words(note: &Note, label: &str) -> String {
    match note {
        Note::ParentSpanIdUnusable => {
            "parent_span_id is not 16 hexadecimal digits: the trace joins no other, and keeps it as metadata."
                .to_owned()
        }
        Note::MetadataLeftOut { count: keys } => {
            format!("{} of trace left out: at most {METADATA_KEYS} are kept.", count((*keys).into(), "key"))
        }
        Note::MetadataScrubbed { key } => {
            format!("{label}'s data scrubbing, as it is set up by default, replaces the value of trace.metadata.{key}.")
        }
        Note::UserScrubbed => format!(
            "{label}'s data scrubbing, as it is set up by default, replaces the user: all such users become one. \
             The document about {label} says how to keep them apart."
        ),
        Note::EnvironmentFolded { folded } => {
            format!("The environment is shown as {folded}, because {label} finds no other form of it.")
        }
        Note::ReleaseFolded { folded } => {
            format!("The release is shown as {folded}, because {label} finds no other form of it.")
        }
        Note::AnswerUnread { names } => {
            format!("The answer held what Tracecast does not know, and is not shown: {}.", names.join(", "))
        }
        Note::ContentCut => "Prompt or completion were shortened to fit into a span.".to_owned(),
        Note::AttributesLeftOut { count } => {
            format!("{} left out, because {label} takes no more on a span.", amount(*count, "attribute"))
        }
        Note::AttemptsLeftOut { count } => format!("The first {} not shown.", amount(*count, "failed attempt")),
    }
}

fn amount(number: usize, one: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", count(i64::try_from(number).unwrap_or(i64::MAX), one))
}
