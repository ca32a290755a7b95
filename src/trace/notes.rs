//! What in a trace may differ from the caller's expectation. Computed when somebody looks at a request, never for
//! delivery.

use super::scrubbing::is_scrubbed;
use super::{Dialect, SpanId, Trace, TraceSettings};
use crate::completed_request::CompletedRequest;

/// One difference. Pages choose the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// `parent_span_id` is not 16 hexadecimal digits: the trace has no remote parent, and keeps it as metadata.
    ParentSpanIdUnusable,
    /// `count` keys of `trace` were left out, because there were too many.
    MetadataLeftOut { count: u32 },
    /// The receiver's own data scrubbing, as it is set up by default, replaces the value of this key in `trace`.
    MetadataScrubbed { key: String },
    /// The answer held these members, which nobody read: what it said there is missing.
    AnswerUnread { names: Vec<String> },
    /// Prompt or completion were shortened to fit into a span.
    ContentCut,
    /// The last `count` attributes that all spans share are left out, because the receiver takes no more.
    AttributesLeftOut { count: usize },
    /// The first `count` failed attempts are not shown.
    AttemptsLeftOut { count: usize },
}

/// The notes on the trace that [`build`](super::build()) made of a request.
pub fn notes(request: &CompletedRequest<'_>, trace: &Trace<'_>, settings: &TraceSettings) -> Vec<Note> {
    let context = &request.context;
    let mut notes = Vec::new();
    if context.parent_span_id.as_deref().is_some_and(|id| id.parse::<SpanId>().is_err()) {
        notes.push(Note::ParentSpanIdUnusable);
    }
    if context.metadata_left_out > 0 {
        notes.push(Note::MetadataLeftOut { count: context.metadata_left_out });
    }
    if settings.dialect == Dialect::Sentry {
        let scrubbed = context.metadata.iter().filter(|(key, value)| is_scrubbed(key, value));
        notes.extend(scrubbed.map(|(key, _)| Note::MetadataScrubbed { key: key.to_string() }));
    }
    let unread: Vec<String> = request.response.unread.iter().map(ToString::to_string).collect();
    if !unread.is_empty() {
        notes.push(Note::AnswerUnread { names: unread });
    }
    if trace.content_cut {
        notes.push(Note::ContentCut);
    }
    if trace.attributes_left_out > 0 {
        notes.push(Note::AttributesLeftOut { count: trace.attributes_left_out });
    }
    if trace.attempts_left_out > 0 {
        notes.push(Note::AttemptsLeftOut { count: trace.attempts_left_out });
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completed_request::sample::request;
    use crate::completed_request::{MetadataValue, TraceContext};
    use crate::trace::build;

    #[test]
    fn notes_name_each_key_that_the_receiver_will_scrub() {
        let text = |text: &'static str| MetadataValue::Text(text.into());
        let metadata = vec![("author".into(), text("ada")), ("team".into(), text("core"))];
        let request = CompletedRequest { context: TraceContext { metadata, ..TraceContext::default() }, ..request() };
        let of = |dialect| {
            let settings = TraceSettings { dialect, ..TraceSettings::default() };
            notes(&request, &build(&request, None, &settings), &settings)
        };
        assert_eq!(of(Dialect::Sentry), [Note::MetadataScrubbed { key: "author".to_owned() }]);
        assert_eq!(of(Dialect::Plain), []);
    }
}
