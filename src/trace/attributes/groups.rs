//! Attributes of the groups that a destination's people ask for (spec 10.2, 4).

use serde_json::{Value as Json, json};

use super::{List, Tokens, cleaned};
use crate::completed_request::CompletedRequest;
use crate::trace::facts::Facts;
use crate::trace::span::{Phrase, Value};
use crate::trace::{Group, TraceSettings};

/// Where requests are taken: there is one region.
const REGION: &str = "global";

/// How far the parts may be from the whole cost: sums of doubles are not exact.
const ROUNDING: f64 = 1e-9;

/// A part of the tokens whose cost is known. Parts have nothing in common.
struct Part {
    kind: &'static str,
    tokens: i64,
    /// In USD.
    cost: f64,
}

/// Who asked, and how.
pub(in crate::trace) fn of_root<'a>(
    list: &mut List<'a>,
    request: &'a CompletedRequest<'_>,
    settings: &'a TraceSettings,
) {
    if settings.groups.has(Group::Identity) {
        list.maybe_text("tracecast.account.id", settings.account.map(|account| account.to_string()));
        list.maybe_text("tracecast.key.id", request.api_key.map(|key| key.to_string()));
        list.maybe_text("tracecast.key.name", request.api_key_name.as_deref().and_then(cleaned));
        list.maybe_text("tracecast.key.member.id", request.api_key_member.map(|member| member.to_string()));
    }
    if settings.groups.has(Group::RequestContext) {
        list.maybe_text("user_agent.name", request.context.program.as_deref().and_then(cleaned));
        list.text("tracecast.region", REGION);
        list.bool("tracecast.streaming", request.streaming);
        let attempts = i64::try_from(request.failed_attempts.len()).unwrap_or(i64::MAX).saturating_add(1);
        list.int("tracecast.attempts", request.asked_a_model().then_some(attempts));
    }
}

/// What it cost.
pub(in crate::trace) fn of_generation<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>) {
    let groups = facts.settings.groups;
    if groups.has(Group::Cost) {
        for part in parts(facts.request) {
            list.maybe(Phrase::joined("tracecast.cost.", part.kind), Some(Value::Double(part.cost)));
            list.maybe(Phrase::joined("tracecast.unit_price.", part.kind), part.price().map(Value::Double));
        }
        // Model servers are asked with the operator's keys only.
        list.bool("tracecast.is_byok", false);
    }
    if groups.has(Group::CostAllocation) {
        list.texts("tracecast.cost_allocation.tags", facts.tags());
        list.maybe_text("openrouter_cost_allocation", allocation(facts.request));
    }
}

/// The parts of prompt and completion.
fn parts(request: &CompletedRequest<'_>) -> Vec<Part> {
    let (tokens, cost) = (Tokens::of(&request.usage), &request.cost);
    let part = |kind, tokens: Option<i64>, cost: Option<f64>| {
        let (tokens, cost) = tokens.filter(|tokens| *tokens > 0).zip(cost.filter(|cost| cost.is_finite()))?;
        Some(Part { kind, tokens, cost })
    };
    let of_input = [
        part("cache_read", tokens.cache_read, cost.cache_read),
        part("cache_creation", tokens.cache_creation, cost.cache_creation),
    ];
    let of_output = [part("reasoning", tokens.reasoning, cost.reasoning)];
    // What is left of the whole. A part whose cost nobody knows stays in it.
    let rest = |whole: Option<Part>, parts: &[Option<Part>]| {
        let parts = || parts.iter().flatten();
        let mut whole = whole?;
        whole.tokens -= parts().map(|part| part.tokens).sum::<i64>();
        whole.cost = (whole.cost - parts().map(|part| part.cost).sum::<f64>()).max(0.0);
        (whole.tokens > 0).then_some(whole)
    };
    let input = rest(part("input", tokens.input, cost.input), &of_input);
    let output = rest(part("output", tokens.output, cost.output), &of_output);
    std::iter::once(input).chain(of_input).chain([output]).chain(of_output).flatten().collect()
}

impl Part {
    /// Of one token, in USD.
    #[expect(clippy::cast_precision_loss, reason = "no request has 2^53 tokens")]
    fn price(&self) -> Option<f64> {
        Some(self.cost / self.tokens as f64).filter(|price| price.is_finite())
    }
}

/// Tokens and cost of each part as JSON, where the parts add up to what was charged.
fn allocation(request: &CompletedRequest<'_>) -> Option<String> {
    let (parts, total) = (parts(request), request.cost.total?);
    let sum: f64 = parts.iter().map(|part| part.cost).sum();
    if parts.is_empty() || (sum - total).abs() > ROUNDING {
        return None;
    }
    let parts = parts.iter().map(|part| {
        let Part { kind, tokens, cost } = part;
        json!({ "kind": kind, "tokens": tokens, "cost": cost })
    });
    Some(json!({ "currency": "USD", "total": total, "parts": parts.collect::<Json>() }).to_string())
}
