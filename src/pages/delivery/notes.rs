//! What the receiver shows differently, in sentences.

use std::collections::BTreeMap;

use crate::completed_request::content::{Content, ContentRef};
use crate::completed_request::limits::METADATA_KEYS;
use crate::completed_request::{CompletedRequest, FORMAT};
use crate::destination::redaction::Redactor;
use crate::destination::selection::{Candidate, KnownKey, Rules};
use crate::id::{ApiKeyId, DestinationId};
use crate::pages::components::amount::count;
use crate::pages::destination::left_out;
use crate::store::deliveries::CarriedRequest;
use crate::trace::{self, Note, TraceSettings};

/// The settings of a destination, as they are now.
pub(super) struct Current {
    pub(super) destination: DestinationId,
    pub(super) rules: Rules,
    /// The account's keys. Empty where the rules ask for none.
    pub(super) keys: BTreeMap<ApiKeyId, KnownKey>,
    pub(super) redactor: Redactor,
    pub(super) traces: TraceSettings,
    /// The kind's.
    pub(super) label: &'static str,
}

impl Current {
    /// The notes on a recorded request.
    pub(super) fn notes(&self, recorded: &CarriedRequest) -> Vec<String> {
        let unreadable = || vec!["This version of Tracecast cannot read the recorded request.".to_owned()];
        if recorded.format > FORMAT {
            return unreadable();
        }
        let Ok(mut request) = CompletedRequest::from_bytes(&recorded.payload) else { return unreadable() };
        let content = recorded.content.as_deref().map(ContentRef::from_bytes).transpose();
        let Ok(content) = content else { return unreadable() };
        let key = request.api_key.and_then(|key| self.keys.get(&key));
        if let Err(reason) = self.rules.keep(self.destination, &Candidate::new(&request, content.as_ref(), key)) {
            return vec![format!("Left out: {}.", left_out(reason))];
        }
        let (redacted, _) = self.redactor.apply(&mut request, content.as_ref());
        let content = redacted.as_ref().map(Content::as_borrowed).or(content);
        let trace = trace::build(&request, content.as_ref(), &self.traces);
        trace::notes(&request, &trace, &self.traces).iter().map(|note| words(note, self.label)).collect()
    }
}

pub(in crate::pages) fn words(note: &Note, label: &str) -> String {
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
