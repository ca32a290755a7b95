//! The caller's identifiers, by body and headers.

use super::invalid::Invalid;
use crate::completed_request::TraceContext;
use crate::completed_request::context::Caller;
use crate::json::Members;

/// What the caller says of a request in headers.
#[derive(Debug, Clone, Default)]
pub struct CallerHeaders {
    /// `x-session-id`
    pub session_id: Option<String>,
    /// `traceparent` (W3C Trace Context)
    pub traceparent: Option<String>,
}

/// `user`, `session_id`, `trace` and the headers, cleaned and cut.
pub(super) fn of_caller(members: &Members<'_>, headers: &CallerHeaders) -> Result<TraceContext<'static>, Invalid> {
    let caller = Caller {
        user: members.get("user"),
        session_id: members.get("session_id"),
        trace: members.get("trace"),
        x_session_id: headers.session_id.as_deref(),
        traceparent: headers.traceparent.as_deref(),
    };
    TraceContext::from_caller(&caller).map_err(|error| Invalid::field(error.field(), error.to_string()))
}

/// The same of a request that was refused: what can be read of it.
pub(super) fn of_refused(members: &Members<'_>, headers: &CallerHeaders) -> TraceContext<'static> {
    of_caller(members, headers).unwrap_or_else(|_| {
        // One of the three is of the wrong type. The other two and the headers still count.
        ["user", "session_id", "trace"]
            .into_iter()
            .find_map(|odd| of_caller(&members.without(odd), headers).ok())
            .unwrap_or_default()
    })
}
