//! What in a trace may differ from the caller's expectation. Computed when somebody looks at a request, never for
//! delivery.

use std::borrow::Cow;

use super::scrubbing::{is_scrubbed, is_user_scrubbed};
use super::{Dialect, SpanId, Trace, TraceSettings, fold};
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
    /// The receiver's own data scrubbing, as it is set up by default, replaces the user: all such users become one.
    UserScrubbed,
    /// The receiver's filters do not take this environment: it is shown as `folded`.
    EnvironmentFolded { folded: String },
    /// The same of the release.
    ReleaseFolded { folded: String },
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
        notes.extend(of_sentry(request, settings));
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

/// What Sentry shows differently.
fn of_sentry(request: &CompletedRequest<'_>, settings: &TraceSettings) -> Vec<Note> {
    let context = &request.context;
    let user = context.user.as_deref().filter(|user| is_user_scrubbed(user)).map(|_| Note::UserScrubbed);
    let differs = |given: &str, folded: Cow<'_, str>| (*given != *folded).then(|| folded.into_owned());
    let environment = settings.environment_of(request).and_then(|given| differs(given, fold::environment(given)));
    let release = settings.release_of(request).and_then(|given| differs(given, fold::release(given)));
    let scrubbed = context.metadata.iter().filter(|(key, value)| is_scrubbed(key, value));
    scrubbed
        .map(|(key, _)| Note::MetadataScrubbed { key: key.to_string() })
        .chain(user)
        .chain(environment.map(|folded| Note::EnvironmentFolded { folded }))
        .chain(release.map(|folded| Note::ReleaseFolded { folded }))
        .collect()
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

    #[test]
    fn notes_say_what_of_user_environment_and_release_the_receiver_changes() {
        let context = TraceContext {
            user: Some("auth0|5f7c8ec7".into()),
            environment: Some("eu/prod".into()),
            ..TraceContext::default()
        };
        let request = CompletedRequest { context, ..request() };
        let settings = TraceSettings { release: Some("latest".into()), ..TraceSettings::default() };
        let folded = |text: &str| text.to_owned();
        let found = notes(&request, &build(&request, None, &settings), &settings);
        assert_eq!(
            found,
            [
                Note::UserScrubbed,
                Note::EnvironmentFolded { folded: folded("eu-prod") },
                Note::ReleaseFolded { folded: folded("latest_") },
            ]
        );
    }
}
