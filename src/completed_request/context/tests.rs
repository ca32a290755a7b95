//! What callers send, well and badly.

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::completed_request::MetadataValue;
use crate::completed_request::limits::{METADATA_KEY_BYTES, METADATA_KEYS, METADATA_VALUE_BYTES, NAME_CHARS};

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn traced(json: &str) -> Result<TraceContext<'static>, ContextError> {
    TraceContext::from_caller(&Caller { trace: Some(&raw(json)), ..Caller::default() })
}

fn text(text: &str) -> MetadataValue<'static> {
    MetadataValue::Text(text.to_owned().into())
}

#[test]
fn the_product_pages_example_is_understood() {
    let trace = raw(r#"{ "trace_id": "incident_investigation_001", "trace_name": "Error Analysis Agent",
        "generation_name": "Analyze Stack Trace", "environment": "production", "release": "v2.1.0", "team": "core" }"#);
    let (user, session) = (raw(r#""user_12345""#), raw(r#""session_abc""#));
    let caller = Caller {
        user: Some(&user),
        session_id: Some(&session),
        trace: Some(&trace),
        x_session_id: Some("another"),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        sentry_trace: Some("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"),
        user_agent: Some("OpenAI/Python 1.109.1"),
    };
    let context = TraceContext::from_caller(&caller).unwrap();
    assert_eq!(context.user.as_deref(), Some("user_12345"));
    assert_eq!(context.session_id.as_deref(), Some("session_abc"));
    assert_eq!(context.program.as_deref(), Some("OpenAI/Python"));
    assert_eq!(context.trace_id.as_deref(), Some("incident_investigation_001"));
    assert_eq!(context.parent_span_id, None);
    assert_eq!(context.trace_name.as_deref(), Some("Error Analysis Agent"));
    assert_eq!(context.generation_name.as_deref(), Some("Analyze Stack Trace"));
    assert_eq!(context.environment.as_deref(), Some("production"));
    assert_eq!(context.release.as_deref(), Some("v2.1.0"));
    assert_eq!(context.metadata, [("team".into(), text("core"))]);
}

#[test]
fn header_of_sentry_stands_in_where_no_valid_traceparent_comes() {
    let sentry_trace = Some("771a43a4192642f0b136d5159a501700-b3db6ad3c1f84d12-1");
    let parent = |traceparent, trace: &str| {
        let trace = raw(trace);
        let caller = Caller { traceparent, sentry_trace, trace: Some(&trace), ..Caller::default() };
        TraceContext::from_caller(&caller).unwrap().parent_span_id
    };
    let valid = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assert_eq!(parent(None, "{}").as_deref(), Some("b3db6ad3c1f84d12"));
    assert_eq!(parent(Some("nonsense"), "{}").as_deref(), Some("b3db6ad3c1f84d12"));
    assert_eq!(parent(valid, "{}").as_deref(), Some("00f067aa0ba902b7"));
    assert_eq!(parent(None, r#"{"trace_id":"mine"}"#), None);
}

#[test]
fn headers_stand_in_where_the_body_is_silent() {
    let caller = Caller {
        x_session_id: Some(" s\u{7}1 "),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ..Caller::default()
    };
    let context = TraceContext::from_caller(&caller).unwrap();
    assert_eq!(context.session_id.as_deref(), Some("s1"));
    assert_eq!(context.trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!(context.parent_span_id.as_deref(), Some("00f067aa0ba902b7"));
}

#[test]
fn wrong_types_name_the_field() {
    for (field, caller) in [
        ("user", Caller { user: Some(&raw("5")), ..Caller::default() }),
        ("session_id", Caller { session_id: Some(&raw("{}")), ..Caller::default() }),
        ("trace", Caller { trace: Some(&raw("[1]")), ..Caller::default() }),
    ] {
        let error = TraceContext::from_caller(&caller).unwrap_err();
        assert_eq!((error.field(), error.name()), (field, "wrong_type"));
        assert!(error.to_string().contains(field));
    }
}

#[test]
fn null_and_empty_count_as_absent() {
    let (null, empty) = (raw("null"), raw(r#"" \u0007 ""#));
    let caller = Caller { user: Some(&empty), session_id: Some(&null), trace: Some(&null), ..Caller::default() };
    assert_eq!(TraceContext::from_caller(&caller).unwrap(), TraceContext::default());
    assert_eq!(
        traced(r#"{"trace_name":"  ","trace_id":"","release":null,"key":null}"#).unwrap(),
        TraceContext::default()
    );
}

#[test]
fn known_keys_of_other_types_are_taken_leniently() {
    let context =
        traced(r#"{"trace_name":5,"release":2.10,"environment":true,"trace_id":123,"span_name":{"a": [1, 2]}}"#)
            .unwrap();
    assert_eq!(context.trace_name.as_deref(), Some("5"));
    assert_eq!(context.release.as_deref(), Some("2.10"));
    assert_eq!(context.environment.as_deref(), Some("true"));
    assert_eq!(context.trace_id.as_deref(), Some("123"));
    assert_eq!(context.span_name, None);
    assert_eq!(context.metadata, [("span_name".into(), text(r#"{"a":[1,2]}"#))]);
}

#[test]
fn metadata_keeps_its_types_and_order() {
    let context = traced(
        r#"{"z":"text","n":-3,"d":0.5,"huge":18446744073709551616,"b":false,"nested":{ "a b" : [ 1, "x \" y" ] }}"#,
    )
    .unwrap();
    assert_eq!(
        context.metadata,
        [
            ("z".into(), text("text")),
            ("n".into(), MetadataValue::Int(-3)),
            ("d".into(), MetadataValue::Double(0.5)),
            ("huge".into(), MetadataValue::Double(18_446_744_073_709_551_616.0)),
            ("b".into(), MetadataValue::Bool(false)),
            ("nested".into(), text(r#"{"a b":[1,"x \" y"]}"#)),
        ]
    );
}

#[test]
fn limits_cut_and_mark_but_never_refuse() {
    let many: Value = (0..100).map(|n| (format!("key{n:03}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let context = traced(&many.to_string()).unwrap();
    assert_eq!((context.metadata.len(), context.metadata_left_out), (METADATA_KEYS, 36));

    let long =
        json!({ "k".repeat(300): "ä".repeat(10_000), "trace_name": "n".repeat(10_000), "trace_id": "i".repeat(9_999) });
    let context = traced(&long.to_string()).unwrap();
    let (key, MetadataValue::Text(value)) = &context.metadata[0] else { panic!("text expected") };
    assert!(key.len() <= METADATA_KEY_BYTES && key.ends_with(clean::CUT_MARK));
    assert!(value.len() <= METADATA_VALUE_BYTES && value.ends_with(clean::CUT_MARK));
    assert_eq!(context.trace_name.unwrap().chars().count(), NAME_CHARS);
    assert_eq!(context.trace_id.unwrap().len(), 32);

    let user = raw(&json!("u".repeat(1_000)).to_string());
    let context = TraceContext::from_caller(&Caller { user: Some(&user), ..Caller::default() }).unwrap();
    assert_eq!(context.user.unwrap().chars().count(), USER_CHARS);
}

#[test]
fn keys_that_become_equal_when_cut_stay_unique() {
    let json = json!({ format!("{}a", "k".repeat(200)): 1, format!("{}b", "k".repeat(200)): 2 });
    let context = traced(&json.to_string()).unwrap();
    assert_eq!((context.metadata.len(), context.metadata_left_out), (1, 1));
}

#[test]
fn nul_and_lone_surrogates_become_replacement_characters() {
    let context = traced(r#"{"trace_name":"a\u0000b","k\u0000":"v\ud800","n":{"x":"\u0000\udfff"}}"#).unwrap();
    assert_eq!(context.trace_name.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(context.metadata[0], ("k\u{fffd}".into(), text("v\u{fffd}")));
    assert_eq!(context.metadata[1], ("n".into(), text(r#"{"x":"\ufffd\ufffd"}"#)));
}

#[test]
fn hostile_json_is_refused_with_a_sentence() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(traced(&deep).unwrap_err().name(), "unreadable");
    assert_eq!(traced(r#"{"a":1e400}"#).unwrap_err().name(), "unreadable");
    assert_eq!(traced(r#"{"a":[1e400]}"#).unwrap_err().name(), "unreadable");
    let error = traced(r#"{"a":1,"\u0061":2}"#).unwrap_err();
    assert_eq!(error.to_string(), "`trace` holds the key \"a\" twice: send each key once");
}

proptest! {
    #[test]
    fn any_trace_object_stays_within_the_limits_and_survives_the_log(trace in any_object()) {
        let context = traced(&trace.to_string()).unwrap();
        prop_assert!(context.metadata.len() <= METADATA_KEYS);
        for (key, value) in &context.metadata {
            prop_assert!(key.len() <= METADATA_KEY_BYTES && !key.contains('\0'));
            if let MetadataValue::Text(text) = value {
                prop_assert!(text.len() <= METADATA_VALUE_BYTES && !text.contains('\0'));
            }
        }
        let recorded = serde_json::to_vec(&context).unwrap();
        let read: TraceContext<'_> = serde_json::from_slice(&recorded).unwrap();
        prop_assert_eq!(read, context);
    }
}

fn any_object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        // serde_json reads numbers of up to 15 digits exactly, others to the last bit but one.
        any::<i32>().prop_map(|thousandths| Value::from(f64::from(thousandths) / 1000.0)),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    let known = "trace_id|parent_span_id|trace_name|span_name|generation_name|environment|release";
    let key = prop_oneof![known.prop_map(String::from), any::<String>()];
    prop::collection::hash_map(key, value, 0..80).prop_map(|map| map.into_iter().collect())
}
