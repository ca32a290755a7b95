//! The caller's identifiers, by body and headers.

use serde_json::value::RawValue;

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
    /// `sentry-trace` (Sentry's SDKs)
    pub sentry_trace: Option<String>,
    /// `user-agent`
    pub user_agent: Option<String>,
}

/// Who asks and where the trace belongs, cleaned and cut: `user` as the protocol names it, `session_id`, `trace` and the headers.
///
/// # Errors
/// When one of the three is of the wrong type.
pub(crate) fn of_caller(
    members: &Members<'_>,
    user: Option<&RawValue>,
    headers: &CallerHeaders,
) -> Result<TraceContext<'static>, Invalid> {
    let caller = Caller {
        user,
        session_id: members.get("session_id"),
        trace: members.get("trace"),
        x_session_id: headers.session_id.as_deref(),
        traceparent: headers.traceparent.as_deref(),
        sentry_trace: headers.sentry_trace.as_deref(),
        user_agent: headers.user_agent.as_deref(),
    };
    TraceContext::from_caller(&caller).map_err(|error| Invalid::field(error.field(), error.to_string()))
}

/// The same of a request that was refused: what can be read of it.
pub(crate) fn of_refused(
    members: &Members<'_>,
    user: Option<&RawValue>,
    headers: &CallerHeaders,
) -> TraceContext<'static> {
    // Where one of the three is of the wrong type, the other two and the headers still count.
    of_caller(members, user, headers)
        .or_else(|_| of_caller(members, None, headers))
        .or_else(|_| of_caller(&members.without("session_id"), user, headers))
        .or_else(|_| of_caller(&members.without("trace"), user, headers))
        .unwrap_or_default()
}
