//! Who asks, where and how: what the gateway learns from a request's address and headers.

use actix_web::HttpRequest;

use crate::auth::api_keys::ApiKeyIdentity;
use crate::gateway::{Base, Caller, CallerHeaders, PassedHeaders, Protocol};

/// Headers that name the session: ours, Codex', Claude Code's. The first that is set counts.
const SESSION_HEADERS: [&str; 3] = ["x-session-id", "session-id", "x-claude-code-session-id"];

pub(super) fn caller(protocol: &'static dyn Protocol, request: &HttpRequest, identity: ApiKeyIdentity) -> Caller {
    let header = |name| {
        let value = request.headers().get(name)?.to_str().ok()?;
        (!value.trim().is_empty()).then(|| value.to_owned())
    };
    let session_id = SESSION_HEADERS.into_iter().find_map(header);
    Caller {
        account: identity.account,
        api_key: identity.key,
        api_key_name: identity.name,
        api_key_member: identity.member,
        base: Base::of(request.path()),
        protocol,
        query: Some(request.query_string().to_owned()).filter(|query| !query.is_empty()),
        headers: CallerHeaders {
            session_id,
            traceparent: header("traceparent"),
            sentry_trace: header("sentry-trace"),
            user_agent: header("user-agent"),
        },
        passed: PassedHeaders::default(),
    }
}
