//! What the trace is told of a request beside its numbers: the caller's identifiers, and the content.

use super::failure::Failure;
use super::members::Members;
use super::request::CallerHeaders;
use crate::completed_request::TraceContext;
use crate::completed_request::content::{AnsweredChoice, ChatParts, Content};
use crate::completed_request::context::Caller;

/// `user`, `session_id`, `trace` and the headers, cleaned and cut.
pub(super) fn of_caller(members: &Members<'_>, headers: &CallerHeaders) -> Result<TraceContext<'static>, Failure> {
    let caller = Caller {
        user: members.get("user"),
        session_id: members.get("session_id"),
        trace: members.get("trace"),
        x_session_id: headers.session_id.as_deref(),
        traceparent: headers.traceparent.as_deref(),
    };
    TraceContext::from_caller(&caller).map_err(|error| Failure::invalid_field(error.field(), error.to_string()))
}

/// The same of a request that was refused: what can be read of it.
pub(super) fn of_refused(members: &Members<'_>, headers: &CallerHeaders) -> TraceContext<'static> {
    of_caller(members, headers).unwrap_or_else(|_| {
        // One of the three is of the wrong type: the other two and the headers still tell something.
        ["user", "session_id", "trace"]
            .into_iter()
            .find_map(|odd| of_caller(&members.without(odd), headers).ok())
            .unwrap_or_default()
    })
}

/// Prompt and completion, as they are recorded.
pub(super) fn content(request: &str, answer: &[AnsweredChoice]) -> Content {
    let members = Members::of(request).unwrap_or_default();
    let parts = ChatParts { messages: members.get("messages"), tools: members.get("tools") };
    Content::from_chat(parts, answer)
}
