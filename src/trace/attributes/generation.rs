//! The generation span: model, parameters, tokens, cost, content (OpenTelemetry's GenAI conventions, as Sentry reads
//! them).

use std::borrow::Cow;

use super::tokens::{Tokens, saturating};
use super::{List, cleaned, error};
use crate::completed_request::content::ContentTexts;
use crate::completed_request::{
    CompletedRequest, Cost, CostSource, Operation, Parameters, ResponseFacts, Usage, clean,
};
use crate::json::Text;
use crate::trace::failure::Failure;
use crate::trace::span::Value;
use crate::trace::times::Period;
use crate::trace::{Dialect, Extras, TraceSettings};

/// Lists from outside are not longer than this on a span, nor is one of their texts.
const LIST_ITEMS: usize = 64;
const LIST_TEXT_BYTES: usize = 1024;

/// All but the content.
pub(in crate::trace) fn generation<'a>(
    list: &mut List<'a>,
    request: &'a CompletedRequest<'_>,
    settings: &TraceSettings,
    failure: Option<&Failure<'a>>,
    period: Period,
) {
    let dialect = settings.dialect;
    list.text("gen_ai.operation.name", operation(request.operation, settings.extras));
    list.maybe_text("gen_ai.provider.name", request.response.provider.as_deref().and_then(cleaned));
    list.maybe_text("gen_ai.agent.name", request.context.agent_name.as_deref());
    list.maybe_text("gen_ai.request.model", cleaned(&request.request_model));
    list.maybe_text("gen_ai.response.model", request.response.model.as_deref().and_then(cleaned));
    list.maybe_text("gen_ai.response.id", request.response.id.as_deref().and_then(cleaned));
    parameters(list, &request.parameters, dialect);
    list.int("gen_ai.embeddings.dimension.count", request.response.dimensions.map(saturating));
    match dialect {
        Dialect::Sentry => list.bool("gen_ai.response.streaming", request.streaming),
        Dialect::Plain | Dialect::OpenInference | Dialect::Langfuse => {
            list.bool("gen_ai.request.stream", request.streaming);
        }
    }
    list.double("gen_ai.response.time_to_first_chunk", seconds_to_first_chunk(request, period));
    finish_reasons(list, &request.response, dialect);
    usage(list, &request.usage);
    cost(list, &request.cost, dialect);
    list.maybe("tracecast.response.unread".into(), texts(&request.response.unread).map(Value::Texts));
    list.maybe_text("tracecast.response.provider", request.response.routed_to.as_deref().and_then(cleaned));
    error(list, dialect, failure);
    list.maybe_text("tracecast.request.id", cleaned(request.id.as_str()));
}

/// PostHog takes other operations than these for no model call.
fn operation(operation: Operation, extras: Extras) -> &'static str {
    match operation {
        Operation::TextCompletion if extras == Extras::PostHog => Operation::Chat.name(),
        operation => operation.name(),
    }
}

/// From the beginning of the generation span to the first chunk of a streamed answer.
pub(in crate::trace) fn seconds_to_first_chunk(request: &CompletedRequest<'_>, period: Period) -> Option<f64> {
    let first_chunk = request.times.first_chunk.filter(|_| request.streaming)?;
    Some(first_chunk.clamp(period.start, period.end).seconds_since(period.start))
}

/// Prompt and completion.
pub(in crate::trace) fn content<'a>(list: &mut List<'a>, texts: ContentTexts<'a>) {
    list.maybe_text("gen_ai.system_instructions", texts.system_instructions);
    list.maybe_text("gen_ai.tool.definitions", texts.tools);
    list.maybe_text("gen_ai.input.messages", texts.input);
    list.maybe_text("gen_ai.output.messages", texts.output);
    list.int("gen_ai.request.messages.original_length", texts.original_length.map(saturating));
}

fn parameters<'a>(list: &mut List<'a>, parameters: &'a Parameters<'_>, dialect: Dialect) {
    list.double("gen_ai.request.temperature", parameters.temperature);
    list.double("gen_ai.request.top_p", parameters.top_p);
    list.int("gen_ai.request.top_k", parameters.top_k.and_then(whole));
    list.int("gen_ai.request.max_tokens", parameters.max_tokens);
    list.double("gen_ai.request.frequency_penalty", parameters.frequency_penalty);
    list.double("gen_ai.request.presence_penalty", parameters.presence_penalty);
    let stops = texts(&parameters.stop_sequences);
    list.maybe("gen_ai.request.stop_sequences".into(), stops.map(Value::Texts));
    match dialect {
        Dialect::Sentry => list.maybe_text("gen_ai.request.seed", parameters.seed.map(|seed| seed.to_string())),
        Dialect::Plain | Dialect::OpenInference | Dialect::Langfuse => {
            list.int("gen_ai.request.seed", parameters.seed);
        }
    }
    list.maybe_text("gen_ai.request.reasoning.level", parameters.reasoning_level.as_deref().and_then(cleaned));
    list.maybe_text("gen_ai.output.type", parameters.output_type.as_deref().and_then(cleaned));
    // A name with the word "token" would show nothing in Sentry (spec 2.1, fact 8).
    list.int("tracecast.input.arrays", parameters.token_arrays.map(saturating));
}

/// Some callers write a number of candidates with a point, `40.0`. A part of a candidate means nothing.
#[expect(clippy::cast_possible_truncation, reason = "whole, and far below 2^53")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

fn finish_reasons<'a>(list: &mut List<'a>, response: &'a ResponseFacts<'_>, dialect: Dialect) {
    const KEY: &str = "gen_ai.response.finish_reasons";
    let Some(reasons) = texts(&response.finish_reasons) else { return };
    match dialect {
        Dialect::Sentry => list.maybe_text(KEY, serde_json::to_string(&reasons).ok()),
        Dialect::Plain | Dialect::OpenInference | Dialect::Langfuse => {
            list.maybe(KEY.into(), Some(Value::Texts(reasons)));
        }
    }
}

fn usage(list: &mut List<'_>, usage: &Usage) {
    let tokens = Tokens::of(usage);
    list.int("gen_ai.usage.input_tokens", tokens.input);
    list.int("gen_ai.usage.output_tokens", tokens.output);
    list.int("gen_ai.usage.total_tokens", tokens.total);
    list.int("gen_ai.usage.cache_read.input_tokens", tokens.cache_read);
    list.int("gen_ai.usage.cache_creation.input_tokens", tokens.cache_creation);
    list.int("gen_ai.usage.reasoning.output_tokens", tokens.reasoning);
}

/// Zero is a known cost: without it Sentry estimates one. OpenTelemetry has no name for it; Langfuse and Laminar read
/// `gen_ai.usage.cost`.
fn cost(list: &mut List<'_>, cost: &Cost, dialect: Dialect) {
    match dialect {
        Dialect::Sentry => {
            list.double("gen_ai.cost.total_tokens", cost.total);
            list.double("gen_ai.cost.input_tokens", cost.input);
            list.double("gen_ai.cost.output_tokens", cost.output);
            list.double("gen_ai.cost.cache_read.input_tokens", cost.cache_read);
            list.double("gen_ai.cost.cache_creation.input_tokens", cost.cache_creation);
            list.double("gen_ai.cost.reasoning.output_tokens", cost.reasoning);
        }
        Dialect::Plain | Dialect::OpenInference | Dialect::Langfuse => list.double("gen_ai.usage.cost", cost.total),
    }
    list.maybe_text("tracecast.cost.source", cost.source.map(CostSource::name));
}

/// None for an empty list.
fn texts<'a>(texts: &'a [Text<'_>]) -> Option<Vec<Cow<'a, str>>> {
    let texts: Vec<_> = texts.iter().take(LIST_ITEMS).map(|text| clean::cut_bytes(text, LIST_TEXT_BYTES)).collect();
    (!texts.is_empty()).then_some(texts)
}
