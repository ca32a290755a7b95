//! What rules keep, what they leave out and why, and their mistakes.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::completed_request::sample::{content, context, request};
use crate::completed_request::{CompletedRequest, Ending, GenerationId};
use crate::id::DestinationId;
use crate::json::arbitrary::near;
use crate::token::TokenHash;

const DESTINATION: DestinationId = DestinationId(Uuid::from_u128(7));

/// What rules are written with.
const WORDS: [&str; 18] = [
    "sampling_rate",
    "api_key_hashes",
    "excluded_api_key_hashes",
    "filter_rules",
    "always_keep",
    "enabled",
    "groups",
    "logic",
    "and",
    "rules",
    "field",
    "operator",
    "value",
    "model",
    "metadata.team",
    "equals",
    "regex",
    "failed",
];

fn rules(members: Value) -> Rules {
    let Value::Object(members) = members else { panic!("members are an object") };
    let mut rules = Rules::default();
    rules.replace(&members).unwrap();
    rules
}

/// One group that holds where `rule` does.
fn filter(rule: &Value) -> Rules {
    rules(json!({ "filter_rules": { "groups": [{ "rules": [rule] }] } }))
}

/// The mistakes, each with its place.
fn mistakes(members: Value) -> Vec<String> {
    let Value::Object(members) = members else { panic!("members are an object") };
    let mistakes = Rules::default().replace(&members).expect_err("there is a mistake");
    mistakes.iter().map(|mistake| format!("{}: {}", mistake.place, mistake.sentence)).collect()
}

fn judge(rules: &Rules, request: &CompletedRequest<'_>) -> Result<Kept, LeftOut> {
    rules.keep(DESTINATION, &Candidate::new(request, None, None))
}

fn asked(session: &str) -> CompletedRequest<'static> {
    let trace =
        json!({ "trace_name": "Support", "environment": "production", "team": "payments", "tries": 3, "paid": true });
    CompletedRequest { context: context("user_1", session, &trace), ..request() }
}

#[test]
fn rules_without_anything_keep_everything_and_are_not_stored() {
    assert!(Rules::default().is_everything());
    assert_eq!(judge(&Rules::default(), &request()), Ok(Kept { weight: None, always: false }));
    assert_eq!(Rules::default().to_stored(), None);
    let off = json!({ "groups": [{ "rules": [{ "field": "model", "operator": "equals", "value": "no" }] }], "enabled": false });
    let off = rules(json!({ "filter_rules": off }));
    assert!(off.is_everything() && judge(&off, &request()).is_ok() && off.to_stored().is_some());
}

#[test]
fn rule_compares_the_field_with_the_value() {
    let request = asked("session_abc");
    let cases = [
        ("model", "equals", json!("openai/gpt-4o"), true),
        ("model", "not_equals", json!("openai/gpt-4o"), false),
        ("model", "starts_with", json!("openai/"), true),
        ("model", "ends_with", json!("mini"), false),
        ("model", "regex", json!("^openai/gpt-[45]o$"), true),
        ("provider", "contains", json!("pen"), true),
        ("provider", "not_contains", json!("pen"), false),
        ("finish_reason", "equals", json!("stop"), true),
        ("finish_reason", "not_equals", json!("stop"), false),
        ("total_cost", "gt", json!(0.000_07), true),
        ("total_cost", "gt", json!("0.00008"), false),
        ("total_cost", "gte", json!(0.000_08), true),
        ("total_tokens", "equals", json!(17), true),
        ("prompt_tokens", "lt", json!(12), false),
        ("completion_tokens", "lte", json!(5), true),
        ("status", "equals", json!(200), true),
        ("outcome", "equals", json!("completed"), true),
        ("environment", "equals", json!("production"), true),
        ("trace_name", "equals", json!("Support"), true),
        ("latency_ms", "gt", json!(1_249), true),
        ("streaming", "equals", json!(true), false),
        ("metadata.team", "equals", json!("payments"), true),
        ("metadata.tries", "gte", json!(3), true),
        ("metadata.tries", "equals", json!("3"), true),
        ("metadata.paid", "equals", json!(true), true),
        ("metadata.team", "gt", json!(3), false),
        ("session_id", "exists", Value::Null, true),
        ("release", "not_exists", Value::Null, true),
        ("release", "equals", json!("1"), false),
        ("release", "not_equals", json!("1"), true),
    ];
    for (field, operator, value, holds) in cases {
        let rules = filter(&json!({ "field": field, "operator": operator, "value": value }));
        assert_eq!(judge(&rules, &request).is_ok(), holds, "{field} {operator} {value}");
    }
}

#[test]
fn first_rules_that_do_not_hold_are_the_reason_and_are_numbered_through_all_groups() {
    let rule = |field: &str, value: &str| json!({ "field": field, "operator": "equals", "value": value });
    let groups = json!([
        { "logic": "and", "rules": [rule("model", "openai/gpt-4o"), rule("environment", "production")] },
        { "logic": "or", "rules": [rule("user_id", "user_2"), rule("session_id", "session_abc")] },
    ]);
    let rules = rules(json!({ "filter_rules": { "groups": groups } }));
    let left_out = |first, last| Err(LeftOut::Rules { first, last, without_content: false });
    assert!(judge(&rules, &asked("session_abc")).is_ok());
    assert_eq!(judge(&rules, &asked("another")), left_out(3, 4));
    assert_eq!(judge(&rules, &request()), left_out(2, 2));
}

#[test]
fn rules_about_content_look_at_its_words_and_never_hold_without_it() {
    let (request, messages) = (request(), json!([{ "role": "user", "content": "Say \"ahoy\"" }]));
    let content = content(&messages, &Value::Null, &[crate::completed_request::sample::answer("Ahoy!")]);
    let content = content.as_borrowed();
    for (field, value) in [("input", "Say \"ahoy\""), ("output", "Ahoy!")] {
        let rules = filter(&json!({ "field": field, "operator": "equals", "value": value }));
        assert!(rules.need_content());
        assert!(rules.keep(DESTINATION, &Candidate::new(&request, Some(&content), None)).is_ok(), "{field}");
        let without_content = Err(LeftOut::Rules { first: 1, last: 1, without_content: true });
        assert_eq!(judge(&rules, &request), without_content);
        let absent = filter(&json!({ "field": field, "operator": "not_contains", "value": value }));
        assert_eq!(judge(&absent, &request), without_content);
    }
}

#[test]
fn keys_are_included_and_excluded_and_come_before_the_rules() {
    let key = |name: &str| KnownKey { hash: TokenHash::of(name), name: name.to_owned() };
    let hash = |name: &str| hex::encode(TokenHash::of(name).as_bytes());
    let no = json!({ "groups": [{ "rules": [{ "field": "model", "operator": "equals", "value": "none" }] }] });
    let rules = rules(json!({
        "api_key_hashes": [hash("web"), hash("ci")], "excluded_api_key_hashes": [hash("ci")], "filter_rules": no,
    }));
    let request = request();
    let judge = |key: Option<&KnownKey>| rules.keep(DESTINATION, &Candidate::new(&request, None, key)).unwrap_err();
    assert!(rules.need_keys());
    assert_eq!(judge(Some(&key("ci"))), LeftOut::KeyExcluded);
    assert_eq!(judge(Some(&key("other"))), LeftOut::KeyNotIncluded);
    assert_eq!(judge(None), LeftOut::KeyNotIncluded);
    assert_eq!(judge(Some(&key("web"))), LeftOut::Rules { first: 1, last: 1, without_content: false });
}

#[test]
fn failed_slow_and_dear_requests_are_kept_whatever_the_rate_and_count_as_one() {
    let always = json!({ "failed": true, "slower_than_ms": 2_000, "dearer_than_usd": 0.01 });
    let rules = rules(json!({ "sampling_rate": 0.0001, "always_keep": always }));
    let kept = Ok(Kept { weight: Some(1.0), always: true });
    assert_eq!(judge(&rules, &request()), Err(LeftOut::Sampled));
    let ending = Ending::Failed { kind: "timeout".into(), message: "Late.".into(), detail: None };
    assert_eq!(judge(&rules, &CompletedRequest { ending, ..request() }), kept);
    let mut slow = request();
    slow.times.answered.0 += 1_000_000_000;
    assert_eq!(judge(&rules, &slow), kept);
    let mut dear = request();
    dear.cost.total = Some(0.02);
    assert_eq!(judge(&rules, &dear), kept);
}

#[test]
fn sampling_meets_its_rate_over_many_sessions() {
    const SESSIONS: u32 = 100_000;
    for rate in [0.01, 0.25, 0.9] {
        let rules = rules(json!({ "sampling_rate": rate }));
        let mut request = request();
        let kept = (0..SESSIONS).filter(|number| {
            request.context.session_id = Some(format!("session_{number}").into());
            judge(&rules, &request).is_ok()
        });
        let met = f64::from(u32::try_from(kept.count()).unwrap()) / f64::from(SESSIONS);
        assert!((met - rate).abs() < 0.005, "{met} instead of {rate}");
    }
}

proptest! {
    #[test]
    fn sampling_keeps_sessions_and_traces_whole(session in ".{1,40}", rate in 0.0001..1.0, ids in prop::collection::vec("[a-z0-9]{8}", 2..6)) {
        let rules = rules(json!({ "sampling_rate": rate }));
        for in_session in [true, false] {
            let of = |id: &String| {
                let mut request = CompletedRequest { id: GenerationId::given(id), ..request() };
                let whole = if in_session { &mut request.context.session_id } else { &mut request.context.trace_id };
                *whole = Some(session.clone().into());
                judge(&rules, &request)
            };
            let first = of(&ids[0]);
            prop_assert!(ids.iter().all(|id| of(id) == first));
        }
    }

    #[test]
    fn rules_read_from_any_json_are_refused_or_come_back_from_what_is_stored(value in near(&WORDS)) {
        let Value::Object(members) = value else { unreachable!() };
        let mut rules = Rules::default();
        if rules.replace(&members).is_ok() {
            let again = Rules::from_stored(rules.to_stored().as_ref()).unwrap();
            prop_assert_eq!(again.to_json(), rules.to_json());
        }
    }
}

#[test]
fn mistakes_name_their_place() {
    let one = |rule: Value| mistakes(json!({ "filter_rules": { "groups": [{ "rules": [rule] }] } })).remove(0);
    let at = "filter_rules.groups[0].rules[0]";
    assert_eq!(one(json!({ "field": "modle", "operator": "equals" })), format!("{at}.field: There is no such field."));
    assert_eq!(
        one(json!({ "field": "model", "operator": "is" })),
        format!("{at}.operator: There is no such operator.")
    );
    assert_eq!(
        one(json!({ "field": "model", "operator": "equals", "value": " " })),
        format!("{at}.value: Enter a value.")
    );
    let number = json!({ "field": "total_cost", "operator": "gt", "value": "much" });
    assert_eq!(one(number), format!("{at}.value: Enter a number."));
    let text = json!({ "field": "model", "operator": "gt", "value": 3 });
    assert_eq!(one(text), format!("{at}.operator: `model` is not a number. Choose another operator."));
    let open = one(json!({ "field": "model", "operator": "regex", "value": "ä(b" }));
    assert_eq!(open, format!("{at}.value: The regular expression is not valid at character 2: unclosed group."));
    let large = one(json!({ "field": "model", "operator": "regex", "value": "(\\w{900}){900}" }));
    assert!(large.contains("too large once it is compiled"), "{large}");
    assert!(one(json!({ "field": "metadata.", "operator": "exists" })).contains(".field: "));
    let outside =
        mistakes(json!({ "sampling_rate": 0.00001, "api_key_hashes": [], "always_keep": { "slower_than_ms": -1 } }));
    let places: Vec<_> = outside.iter().map(|mistake| mistake.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["api_key_hashes", "sampling_rate", "always_keep.slower_than_ms"]);
    let groups = vec![json!({ "rules": [] }); MOST_GROUPS];
    assert_eq!(mistakes(json!({ "filter_rules": { "groups": groups } })).len(), MOST_GROUPS);
}

#[test]
fn rules_of_a_newer_version_are_left_alone() {
    let mut stored = rules(json!({ "sampling_rate": 0.5 })).to_stored().unwrap();
    assert!(Rules::from_stored(Some(&stored)).is_ok());
    stored["version"] = json!(2);
    assert_eq!(Rules::from_stored(Some(&stored)).unwrap_err(), Unreadable::Newer);
}
