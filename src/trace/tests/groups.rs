//! What groups add to a trace, and that they add it only where they are asked for.

use serde_json::json;
use uuid::Uuid;

use crate::completed_request::sample::{context, request};
use crate::completed_request::{CompletedRequest, Cost, TraceContext, Usage};
use crate::id::{AccountId, ApiKeyId, UserId};
use crate::trace::{Dialect, Group, Groups, PRODUCTS, Trace, TraceSettings, Value, build};

fn settings(dialect: Dialect, asked_for: &[Group]) -> TraceSettings {
    let mut groups = Groups::default();
    for group in asked_for {
        groups.put(*group, true);
    }
    TraceSettings { dialect, groups, account: Some(AccountId(Uuid::nil())), ..TraceSettings::default() }
}

fn asked() -> CompletedRequest<'static> {
    CompletedRequest {
        api_key: Some(ApiKeyId(Uuid::nil())),
        api_key_name: Some("checkout".into()),
        api_key_member: Some(UserId(Uuid::nil())),
        context: TraceContext {
            program: Some("OpenAI/Python".into()),
            ..context("u", "s", &json!({ "tags": ["billing", "eu"] }))
        },
        usage: Usage {
            input: Some(1_000),
            output: Some(100),
            cache_read: Some(400),
            reasoning: Some(60),
            ..Usage::default()
        },
        cost: Cost {
            total: Some(0.5),
            input: Some(0.4),
            output: Some(0.1),
            cache_read: Some(0.1),
            reasoning: Some(0.06),
            ..Cost::default()
        },
        ..request()
    }
}

/// The attributes of one span: 0 is the root, 1 the generation.
fn attributes(trace: &Trace<'_>, span: usize) -> Vec<String> {
    let value = |value: &Value<'_>| match value {
        Value::Text(text) => text.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Double(value) => format!("{value:.6}"),
        Value::Texts(texts) => texts.join("|"),
    };
    let attributes = trace.spans[span].attributes.iter();
    attributes.map(|attribute| format!("{} = {}", attribute.key, value(&attribute.value))).collect()
}

/// What a group adds to both spans.
fn added(request: &CompletedRequest<'_>, dialect: Dialect, group: Group) -> Vec<String> {
    let (plain, grouped) = (settings(dialect, &[]), settings(dialect, &[group]));
    let (plain, grouped) = (build(request, None, &plain), build(request, None, &grouped));
    let of = |span| {
        let known = attributes(&plain, span);
        attributes(&grouped, span).into_iter().filter(move |attribute| !known.contains(attribute))
    };
    of(0).chain(of(1)).collect()
}

#[test]
fn groups_add_their_attributes_in_every_dialect() {
    let nobody = Uuid::nil();
    for (dialect, _) in PRODUCTS {
        let added = |group| added(&asked(), dialect, group);
        assert_eq!(
            added(Group::Cost),
            [
                "tracecast.cost.input = 0.300000",
                "tracecast.unit_price.input = 0.000500",
                "tracecast.cost.cache_read = 0.100000",
                "tracecast.unit_price.cache_read = 0.000250",
                "tracecast.cost.output = 0.040000",
                "tracecast.unit_price.output = 0.001000",
                "tracecast.cost.reasoning = 0.060000",
                "tracecast.unit_price.reasoning = 0.001000",
                "tracecast.is_byok = false",
            ]
        );
        assert_eq!(
            added(Group::Identity),
            [
                format!("tracecast.account.id = {nobody}"),
                format!("tracecast.key.id = {nobody}"),
                "tracecast.key.name = checkout".to_owned(),
                format!("tracecast.key.member.id = {}", Uuid::nil()),
            ]
        );
        assert_eq!(
            added(Group::RequestContext),
            [
                "user_agent.name = OpenAI/Python",
                "tracecast.region = global",
                "tracecast.streaming = false",
                "tracecast.attempts = 1",
            ]
        );
        let [tags, allocation] = <[String; 2]>::try_from(added(Group::CostAllocation)).unwrap();
        assert_eq!(tags, "tracecast.cost_allocation.tags = billing|eu");
        let allocation: serde_json::Value =
            serde_json::from_str(allocation.strip_prefix("openrouter_cost_allocation = ").unwrap()).unwrap();
        assert_eq!((&allocation["total"], &allocation["parts"][0]["tokens"]), (&json!(0.5), &json!(600)));
    }
}

#[test]
fn cost_allocation_is_left_out_where_the_parts_do_not_add_up_to_what_was_charged() {
    let dearer = CompletedRequest { cost: Cost { total: Some(0.6), ..asked().cost }, ..asked() };
    let unknown = CompletedRequest { cost: Cost { total: Some(0.5), ..Cost::default() }, ..asked() };
    for request in [dearer, unknown] {
        assert_eq!(
            added(&request, Dialect::Plain, Group::CostAllocation),
            ["tracecast.cost_allocation.tags = billing|eu"]
        );
    }
}

#[test]
fn groups_say_nothing_where_nothing_is_known() {
    let bare = CompletedRequest { usage: Usage::default(), cost: Cost::default(), ..request() };
    assert_eq!(added(&bare, Dialect::Plain, Group::Cost), ["tracecast.is_byok = false"]);
    assert_eq!(added(&bare, Dialect::Plain, Group::CostAllocation), Vec::<String>::new());
}
