//! The attribute table of spec 2.4: which attribute stands on which span, and in what form.

mod generation;
mod groups;
mod list;
mod tokens;

use std::borrow::Cow;

pub(super) use self::generation::{content, generation, seconds_to_first_chunk};
pub(super) use self::groups::{of_generation, of_root};
pub(super) use self::list::List;
pub use self::tokens::Tokens;
use super::failure::Failure;
use super::ids::SpanId;
use super::span::{Attribute, Phrase, Value};
use super::{Dialect, TraceSettings, fold, names};
use crate::completed_request::limits::NAME_CHARS;
use crate::completed_request::{CompletedRequest, FailedAttempt, MetadataValue, clean};

const METADATA: &str = "trace.metadata.";
/// In place of the usual prefix, so that Langfuse does not show everything twice.
const LANGFUSE_METADATA: &str = "langfuse.trace.metadata.";

/// Attributes that all spans carry.
pub(super) fn common<'a>(
    request: &'a CompletedRequest<'_>,
    settings: &'a TraceSettings,
    root: (SpanId, &Phrase<'a>),
    parent_usable: bool,
) -> Vec<Attribute<'a>> {
    let context = &request.context;
    let mut list = List::with_capacity(12 + context.metadata.len());
    let (environment, release) = (settings.environment_of(request), settings.release_of(request));
    match settings.dialect {
        Dialect::Sentry => {
            let (root_id, root_name) = root;
            list.text("sentry.segment.name", root_name.clone());
            list.text("sentry.transaction", root_name.clone());
            list.text("sentry.segment.id", root_id.to_string());
            list.maybe_text("sentry.environment", environment.map(fold::environment));
            list.maybe_text("sentry.release", release.map(fold::release));
            list.double("sentry.client_sample_rate", settings.sample_rate);
        }
        Dialect::Plain | Dialect::OpenInference | Dialect::Langfuse => {
            list.maybe_text("deployment.environment.name", environment);
            // The resource's version is ours: it serves many applications.
            list.maybe_text("service.version", release);
            list.double("sampling.rate", settings.sample_rate);
        }
    }
    list.maybe_text("user.id", context.user.as_deref());
    list.maybe_text("session.id", context.session_id.as_deref());
    list.maybe_text("gen_ai.conversation.id", context.session_id.as_deref());
    let prefix = if settings.dialect == Dialect::Langfuse { LANGFUSE_METADATA } else { METADATA };
    metadata(&mut list, prefix, request, parent_usable);
    list.0
}

/// Every key of `trace` without a meaning of its own, and three that have one and are metadata too.
fn metadata<'a>(list: &mut List<'a>, prefix: &'static str, request: &'a CompletedRequest<'_>, parent_usable: bool) {
    let context = &request.context;
    let unusable_parent = context.parent_span_id.as_deref().filter(|_| !parent_usable);
    let known = [
        ("environment", context.environment.as_deref()),
        ("release", context.release.as_deref()),
        ("parent_span_id", unusable_parent),
    ];
    for (key, value) in known {
        list.maybe(Phrase::joined(prefix, key), value.map(|value| Value::Text(value.into())));
    }
    for (key, value) in &context.metadata {
        list.maybe(Phrase::joined(prefix, &**key), metadata_value(value));
    }
}

/// None for a number that OTLP's JSON cannot hold.
pub(super) fn metadata_value<'a>(value: &'a MetadataValue<'_>) -> Option<Value<'a>> {
    match value {
        MetadataValue::Bool(value) => Some(Value::Bool(*value)),
        MetadataValue::Int(value) => Some(Value::Int(*value)),
        MetadataValue::Double(value) => value.is_finite().then_some(Value::Double(*value)),
        MetadataValue::Text(value) => Some(Value::Text((&**value).into())),
    }
}

/// The beginning of each span's own list.
pub(super) fn own<'a>(dialect: Dialect, op: &'static str, name: &Phrase<'a>, capacity: usize) -> List<'a> {
    let mut list = List::with_capacity(capacity);
    if dialect == Dialect::Sentry {
        list.text("sentry.op", op);
        list.text("sentry.description", name.clone());
    }
    list
}

/// The root span: the caller's request and our answer.
pub(super) fn root<'a>(
    list: &mut List<'a>,
    request: &'a CompletedRequest<'_>,
    dialect: Dialect,
    failure: Option<&Failure<'a>>,
) {
    list.text("http.request.method", "POST");
    list.maybe_text("http.route", cleaned(&request.route));
    list.int("http.response.status_code", Some(request.status.into()));
    error(list, dialect, failure);
    list.maybe_text("gen_ai.agent.name", request.context.agent_name.as_deref());
    list.maybe_text("tracecast.request.id", cleaned(request.id.as_str()));
    let left_out = Some(request.context.metadata_left_out).filter(|count| *count > 0);
    list.int("tracecast.metadata.left_out", left_out.map(i64::from));
    list.int("tracecast.refused.count", request.refused.map(|count| i64::try_from(count).unwrap_or(i64::MAX)));
}

/// Type and message of the request's error. Sentry reads the message from the status.
fn error<'a>(list: &mut List<'a>, dialect: Dialect, failure: Option<&Failure<'a>>) {
    let Some(failure) = failure else { return };
    list.maybe_text("error.type", cleaned(failure.kind));
    if dialect != Dialect::Sentry {
        list.text("error.message", failure.message.clone());
    }
}

/// A failed attempt: who was asked for which model. It has no `gen_ai.operation.name`, or receivers would count it as a model
/// call of its own; and the method, or Sentry takes the first word of the description for it (spec 2.1, fact 12).
pub(super) fn attempt<'a>(list: &mut List<'a>, attempt: &'a FailedAttempt<'_>) {
    list.text("http.request.method", "POST");
    list.maybe_text("server.address", names::asked(attempt.server.as_ref()));
    list.maybe_text("gen_ai.provider.name", names::asked(attempt.provider.as_ref()));
    list.maybe_text("gen_ai.request.model", names::asked(attempt.model.as_ref()));
    list.int("http.response.status_code", attempt.status.map(i64::from));
    list.maybe_text("error.type", cleaned(&attempt.kind));
}

/// A name or identifier from outside, as it may stand on a span; none if nothing is left.
pub(super) fn cleaned(text: &str) -> Option<Cow<'_, str>> {
    Some(clean::name(text, NAME_CHARS)).filter(|text| !text.is_empty())
}
