//! From what a caller sends beside the question (`user`, `session_id`, `trace`, two headers) to a [`TraceContext`].

mod error;
mod keys;
mod program;
mod traceparent;

use serde_json::value::RawValue;

pub use self::error::ContextError;
use self::keys::named;
use super::limits::{SESSION_ID_CHARS, USER_CHARS};
use super::{TraceContext, clean};
use crate::json::{Text, escapes};

/// The parts of a request that say who asks and where the trace belongs, as they came in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller<'a> {
    pub user: Option<&'a RawValue>,
    pub session_id: Option<&'a RawValue>,
    pub trace: Option<&'a RawValue>,
    /// The header `x-session-id`: counts where the body has no session.
    pub x_session_id: Option<&'a str>,
    /// The W3C header `traceparent`: counts where the body gives neither trace nor parent.
    pub traceparent: Option<&'a str>,
    /// Sentry's own header `sentry-trace`: counts where there is no valid `traceparent` either.
    pub sentry_trace: Option<&'a str>,
    /// The header `User-Agent`.
    pub user_agent: Option<&'a str>,
}

impl TraceContext<'static> {
    /// Reads, cleans and cuts what the caller sent, to the limits of spec 1 and 2.4. A longer value is cut and marked,
    /// never refused; `null` counts as absent.
    ///
    /// # Errors
    /// When `user`, `session_id` or `trace` is of the wrong type or unreadable.
    pub fn from_caller(caller: &Caller<'_>) -> Result<Self, ContextError> {
        let mut context = match caller.trace.filter(|trace| !is_null(trace)) {
            Some(trace) => keys::context(&escapes::repair(trace.get()))?,
            None => Self::default(),
        };
        context.user = identifier("user", caller.user, USER_CHARS)?;
        context.session_id = identifier("session_id", caller.session_id, SESSION_ID_CHARS)?
            .or_else(|| named(clean::name(caller.x_session_id?, SESSION_ID_CHARS)));
        context.program = caller.user_agent.and_then(program::name);
        if context.trace_id.is_none()
            && context.parent_span_id.is_none()
            && let Some((trace_id, parent)) = caller.remote()
        {
            context.trace_id = Some(trace_id.to_owned().into());
            context.parent_span_id = Some(parent.to_owned().into());
        }
        Ok(context)
    }
}

impl<'a> Caller<'a> {
    /// The trace and the span that the headers name.
    fn remote(&self) -> Option<(&'a str, &'a str)> {
        self.traceparent.and_then(traceparent::parse).or_else(|| self.sentry_trace.and_then(traceparent::parse_sentry))
    }
}

fn identifier(
    field: &'static str,
    value: Option<&RawValue>,
    max_chars: usize,
) -> Result<Option<Text<'static>>, ContextError> {
    let Some(value) = value.filter(|value| !is_null(value)) else { return Ok(None) };
    let json = escapes::repair(value.get());
    let text: String =
        serde_json::from_str(&json).map_err(|_| ContextError::WrongType { field, expected: "a text" })?;
    Ok(named(clean::name(&text, max_chars)))
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

#[cfg(test)]
mod tests;
