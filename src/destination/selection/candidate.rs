//! A completed request as the rules see it.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::field::Field;
use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, Ending, MetadataValue};
use crate::json::Text;
use crate::token::TokenHash;

/// What the rules may ask of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    pub hash: TokenHash,
    pub name: String,
}

/// A completed request that is to be judged.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub request: &'a CompletedRequest<'a>,
    /// Prompt and completion. None: not recorded, or kept from the destination.
    content: Option<&'a ContentRef<'a>>,
    /// The key that the request was made with. None: it was made without one, or the rules do not ask for it.
    pub key: Option<&'a KnownKey>,
    input: OnceCell<String>,
    output: OnceCell<String>,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found<'a> {
    /// The request has none.
    Nothing,
    /// It is part of the content, which is not there.
    NotRecorded,
    Text(&'a str),
    /// One for each choice.
    Texts(&'a [Text<'a>]),
    Number(f64),
    Flag(bool),
}

impl<'a> Candidate<'a> {
    pub fn new(
        request: &'a CompletedRequest<'a>,
        content: Option<&'a ContentRef<'a>>,
        key: Option<&'a KnownKey>,
    ) -> Self {
        Self { request, content, key, input: OnceCell::new(), output: OnceCell::new() }
    }

    /// From the request's arrival to its end, by the gateway's clock.
    pub(super) fn latency_ms(&self) -> f64 {
        self.request.times.answered.seconds_since(self.request.times.received) * 1_000.0
    }

    pub(super) fn total_cost(&self) -> Option<f64> {
        self.request.cost.total
    }

    pub(super) fn find(&self, field: &Field) -> Found<'_> {
        let CompletedRequest { context, response, usage, .. } = self.request;
        let text = |text: &'a Option<Text<'_>>| text.as_deref().map_or(Found::Nothing, Found::Text);
        match field {
            Field::Model if self.request.request_model.is_empty() => text(&response.model),
            Field::Model => Found::Text(&self.request.request_model),
            Field::Provider if response.routed_to.is_some() => text(&response.routed_to),
            Field::Provider => text(&response.provider),
            Field::SessionId => text(&context.session_id),
            Field::UserId => text(&context.user),
            Field::ApiKeyName if self.request.api_key_name.is_some() => text(&self.request.api_key_name),
            // Requests that were recorded by older versions do not say it.
            Field::ApiKeyName => self.key.map_or(Found::Nothing, |key| Found::Text(&key.name)),
            Field::FinishReason if response.finish_reasons.is_empty() => Found::Nothing,
            Field::FinishReason => Found::Texts(&response.finish_reasons),
            Field::Input => self.content(&self.input, ContentRef::input_words),
            Field::Output => self.content(&self.output, ContentRef::output_words),
            Field::TotalCost => number(self.total_cost()),
            Field::TotalTokens => count(usage.total.or_else(|| usage.input?.checked_add(usage.output?))),
            Field::PromptTokens => count(usage.input),
            Field::CompletionTokens => count(usage.output),
            Field::Status => Found::Number(self.request.status.into()),
            Field::Outcome => Found::Text(outcome(self.request)),
            Field::Environment => text(&context.environment),
            Field::Release => text(&context.release),
            Field::TraceName => text(&context.trace_name),
            Field::LatencyMs => Found::Number(self.latency_ms()),
            Field::Streaming => Found::Flag(self.request.streaming),
            Field::Metadata(key) => metadata(self.request, key),
        }
    }

    /// The words of prompt or completion, which are read at the first rule that asks.
    fn content<'s>(
        &'s self,
        words: &'s OnceCell<String>,
        read: impl FnOnce(&ContentRef<'a>) -> Option<String>,
    ) -> Found<'s> {
        let Some(content) = self.content else { return Found::NotRecorded };
        let words = words.get_or_init(|| read(content).unwrap_or_default());
        if words.is_empty() { Found::Nothing } else { Found::Text(words) }
    }
}

impl Found<'_> {
    /// As a text, where it is a single value.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            Self::Flag(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Self::Nothing | Self::NotRecorded | Self::Texts(_) => None,
        }
    }
}

/// The words of spec 10.1.
fn outcome(request: &CompletedRequest<'_>) -> &'static str {
    match request.ending {
        Ending::Completed => "completed",
        Ending::Cancelled => "cancelled",
        Ending::Failed { .. } if request.asked_a_model() => "failed",
        Ending::Failed { .. } => "refused",
    }
}

fn metadata<'a>(request: &'a CompletedRequest<'_>, key: &str) -> Found<'a> {
    #[expect(clippy::cast_precision_loss, reason = "rules compare with doubles")]
    let found = |value: &'a MetadataValue<'_>| match value {
        MetadataValue::Bool(flag) => Found::Flag(*flag),
        MetadataValue::Int(number) => Found::Number(*number as f64),
        MetadataValue::Double(number) => Found::Number(*number),
        MetadataValue::Text(text) => Found::Text(text),
    };
    let value = request.context.metadata.iter().find(|(name, _)| &**name == key);
    value.map_or(Found::Nothing, |(_, value)| found(value))
}

fn number<'a>(number: Option<f64>) -> Found<'a> {
    number.map_or(Found::Nothing, Found::Number)
}

#[expect(clippy::cast_precision_loss, reason = "rules compare with doubles")]
fn count<'a>(count: Option<u64>) -> Found<'a> {
    number(count.map(|count| count as f64))
}
