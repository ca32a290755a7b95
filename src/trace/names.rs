//! Names of spans and messages of errors: never empty, never long, free of control characters.

use std::borrow::Cow;

use super::span::Phrase;
use crate::completed_request::limits::NAME_CHARS;
use crate::completed_request::{CompletedRequest, FailedAttempt, Operation, clean};
use crate::json::Text;

/// Characters of a provider's and of a model's name in a failed attempt.
const ASKED_CHARS: usize = 128;

/// The root's: the transaction.
pub(super) fn root<'a>(request: &'a CompletedRequest<'_>) -> Phrase<'a> {
    given(request.context.trace_name.as_deref()).unwrap_or_else(|| operation_and_model(request))
}

/// The intermediate span's, where the caller wants one.
pub(super) fn intermediate<'a>(request: &'a CompletedRequest<'_>) -> Option<Phrase<'a>> {
    given(request.context.span_name.as_deref())
}

/// The generation's.
pub(super) fn generation<'a>(request: &'a CompletedRequest<'_>) -> Phrase<'a> {
    given(request.context.generation_name.as_deref()).unwrap_or_else(|| operation_and_model(request))
}

/// A failed attempt's: `<provider> <model>`, as far as they are known. The first attempt is number 0.
pub(super) fn attempt<'a>(attempt: &'a FailedAttempt<'_>, number: usize) -> Phrase<'a> {
    match (asked(attempt.provider.as_ref()), asked(attempt.model.as_ref())) {
        (Some(provider), Some(model)) => Phrase::from(format!("{provider} {model}")),
        (Some(name), None) | (None, Some(name)) => Phrase::from(name),
        (None, None) => Phrase::joined("failed attempt ", (number + 1).to_string()),
    }
}

/// Who or what was asked in a failed attempt; none if nothing is left of it. Short, because a trace has many attempts.
pub(super) fn asked<'a>(name: Option<&'a Text<'_>>) -> Option<Cow<'a, str>> {
    Some(clean::name(name?, ASKED_CHARS)).filter(|name| !name.is_empty())
}

/// The message of an error.
pub(super) fn message(text: &str) -> Cow<'_, str> {
    let message = clean::name(text, NAME_CHARS);
    if message.is_empty() { Cow::Borrowed("The request failed") } else { message }
}

fn given(name: Option<&str>) -> Option<Phrase<'_>> {
    Some(clean::name(name?, NAME_CHARS)).filter(|name| !name.is_empty()).map(Phrase::from)
}

fn operation_and_model<'a>(request: &'a CompletedRequest<'_>) -> Phrase<'a> {
    let head = match request.operation {
        Operation::Chat => "chat ",
        Operation::TextCompletion => "text_completion ",
        Operation::Embeddings => "embeddings ",
    };
    match clean::name(&request.request_model, NAME_CHARS - head.len()) {
        model if model.is_empty() => request.operation.name().into(),
        model => Phrase::joined(head, model),
    }
}
