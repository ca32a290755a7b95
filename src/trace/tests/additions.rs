//! What dialects and products add, and what receivers with limits are spared.

use serde_json::{Value as Json, json};

use super::{oversized, tool_content};
use crate::completed_request::CompletedRequest;
use crate::completed_request::sample::{answer, content, context, request, small_content};
use crate::trace::{Dialect, Extras, Note, PRODUCTS, Parent, Trace, TraceSettings, Value, build, notes, size};

fn settings(dialect: Dialect, extras: Extras) -> TraceSettings {
    TraceSettings { dialect, extras, ..TraceSettings::default() }
}

#[test]
fn additions_leave_the_plain_attributes_as_they_are() {
    let trace = json!({ "span_name": "S", "tags": ["a"], "team": "core", "environment": "eu", "release": "v1" });
    let request = CompletedRequest { context: context("u", "s", &trace), ..request() };
    let content = tool_content();
    let content = content.as_borrowed();
    let plain_settings = settings(Dialect::Plain, Extras::None);
    let plain = build(&request, Some(&content), &plain_settings);
    let on_plain = |(dialect, _): &(_, _)| matches!(dialect, Dialect::Plain | Dialect::OpenInference);
    for (dialect, extras) in PRODUCTS.into_iter().filter(on_plain) {
        let settings = settings(dialect, extras);
        let trace = build(&request, Some(&content), &settings);
        assert_eq!(trace.common, plain.common, "{dialect:?} {extras:?}");
        for (span, plain) in trace.spans.iter().zip(&plain.spans) {
            assert_eq!(span.attributes, plain.attributes, "{dialect:?} {extras:?}");
        }
    }
}

#[test]
fn parent_stays_an_attribute_where_the_trace_must_not_join_the_callers() {
    let trace = json!({ "parent_span_id": "00f067aa0ba902b7" });
    let request = CompletedRequest { context: context("u", "s", &trace), ..request() };
    let settings = TraceSettings { parent: Parent::Attribute, ..settings(Dialect::Plain, Extras::None) };
    let trace = build(&request, None, &settings);
    assert_eq!((trace.spans[0].parent, trace.spans[0].flags), (None, 0x101));
    let kept = trace.common.iter().find(|attribute| attribute.key.to_string() == "trace.metadata.parent_span_id");
    assert_eq!(kept.map(|attribute| &attribute.value), Some(&Value::Text("00f067aa0ba902b7".into())));
    assert_eq!(notes(&request, &trace, &settings), []);
}

/// Everything that says more than a number, of all spans.
fn texts<'t>(trace: &'t Trace<'_>) -> impl Iterator<Item = (String, String)> + 't {
    let own = trace.spans.iter().flat_map(|span| span.attributes.iter().chain(&span.added));
    own.chain(&trace.common).chain(&trace.added).filter_map(|attribute| match &attribute.value {
        Value::Text(text) => Some((attribute.key.to_string(), text.to_string())),
        _ => None,
    })
}

#[test]
fn values_have_no_more_characters_than_the_receiver_takes() {
    let (request, content) = oversized();
    let content = content.as_borrowed();
    for (dialect, extras) in PRODUCTS.into_iter().filter(|(dialect, _)| *dialect != Dialect::Sentry) {
        let settings = TraceSettings { value_chars: Some(4_095), ..settings(dialect, extras) };
        let trace = build(&request, Some(&content), &settings);
        assert!(trace.content_cut);
        for (key, text) in texts(&trace) {
            assert!(text.chars().count() <= 4_095, "{key}");
            let is_json = text.starts_with(['[', '{']);
            assert!(!is_json || serde_json::from_str::<Json>(&text).is_ok(), "{key} = {text}");
        }
        assert!(texts(&trace).any(|(key, text)| key == "gen_ai.input.messages" && text.contains("… [cut]")));
    }
}

#[test]
fn spans_have_no_more_attributes_than_the_receiver_takes() {
    let request = oversized().0;
    let settings = TraceSettings { span_attributes: Some(64), ..settings(Dialect::Plain, Extras::None) };
    let content = small_content();
    let content = content.as_borrowed();
    let trace = build(&request, Some(&content), &settings);
    let most = trace.spans.iter().map(|span| span.attributes.len() + trace.common.len()).max();
    assert_eq!(most, Some(64));
    let left_out = Note::AttributesLeftOut { count: trace.attributes_left_out };
    assert!(trace.attributes_left_out > 0 && notes(&request, &trace, &settings).contains(&left_out));
}

#[test]
fn content_that_is_said_several_times_fits_into_a_span() {
    let messages: Vec<_> = (0..20_000).map(|n| json!({ "role": "user", "content": n.to_string() })).collect();
    let many = content(&messages.into(), &Json::Null, &[answer("done")]);
    let (large_request, large) = oversized();
    for (request, content) in [(request(), many), (large_request, large)] {
        let content = content.as_borrowed();
        for (dialect, extras) in PRODUCTS {
            let settings = settings(dialect, extras);
            let trace = build(&request, Some(&content), &settings);
            let shared = size::of(&trace.common) + size::of(&trace.added);
            for span in &trace.spans {
                let bytes = shared + size::of(&span.attributes) + size::of(&span.added);
                assert!(bytes <= size::SPAN_BYTES, "{dialect:?} {extras:?}: {bytes}");
            }
            assert!(texts(&trace).any(|(key, _)| key == "gen_ai.output.messages"), "{dialect:?} {extras:?}");
        }
    }
}
