//! Answers of `/messages` as model servers give them: whole, and as the events that say the same.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{begins_answer, ends_stream, learn};
use crate::completed_request::Usage;
use crate::completion::{Choice, Completion};
use crate::json::{Members, Text};

fn learnt(answers: &[Value]) -> Completion {
    let mut completion = Completion::default();
    for answer in answers {
        learn(&mut completion, &Members::of(&answer.to_string()).unwrap());
    }
    completion
}

fn message(stop_reason: &Value) -> Value {
    json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "stop_sequence": null,
        "stop_reason": stop_reason,
        "content": [
            { "type": "thinking", "thinking": "Hm, Rome.", "signature": "CANARY" },
            { "type": "redacted_thinking", "data": "CANARY" },
            { "type": "text", "text": "Let me look.", "citations": null },
            { "type": "tool_use", "id": "toolu_1", "name": "weather", "input": { "city": "Rome" } },
            { "type": "tool_use", "id": "toolu_2", "name": "time", "input": {} },
        ],
        "usage": { "input_tokens": 4, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 8, "output_tokens": 9,
            "service_tier": "standard" } })
}

fn events() -> Vec<Value> {
    let mut started = message(&Value::Null);
    started["content"] = json!([]);
    started["usage"]["output_tokens"] = json!(1);
    let start =
        |index: usize, block: Value| json!({ "type": "content_block_start", "index": index, "content_block": block });
    let delta = |index: usize, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let stop = |index: usize| json!({ "type": "content_block_stop", "index": index });
    vec![
        json!({ "type": "message_start", "message": started }),
        json!({ "type": "ping" }),
        start(0, json!({ "type": "thinking", "thinking": "", "signature": "" })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "Hm, " })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "Rome." })),
        delta(0, json!({ "type": "signature_delta", "signature": "CANARY" })),
        stop(0),
        start(1, json!({ "type": "redacted_thinking", "data": "CANARY" })),
        stop(1),
        start(2, json!({ "type": "text", "text": "" })),
        delta(2, json!({ "type": "text_delta", "text": "Let me " })),
        delta(2, json!({ "type": "text_delta", "text": "look." })),
        stop(2),
        start(3, json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} })),
        delta(3, json!({ "type": "input_json_delta", "partial_json": "" })),
        delta(3, json!({ "type": "input_json_delta", "partial_json": "{\"city\":" })),
        delta(3, json!({ "type": "input_json_delta", "partial_json": "\"Rome\"}" })),
        stop(3),
        start(4, json!({ "type": "tool_use", "id": "toolu_2", "name": "time", "input": {} })),
        stop(4),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use", "stop_sequence": null },
            "usage": { "output_tokens": 9 } }),
        json!({ "type": "message_stop" }),
    ]
}

#[test]
fn whole_message_gives_texts_calls_reasoning_and_counts() {
    let completion = learnt(&[message(&json!("tool_use"))]);
    let choice = &completion.choices[0];
    assert_eq!(choice.role.as_deref(), Some("assistant"));
    assert_eq!((&*choice.text, &*choice.reasoning), ("Let me look.", "Hm, Rome."));
    let calls: Vec<(&str, &str, &str)> =
        choice.tool_calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
    assert_eq!(calls, [("toolu_1", "weather", r#"{"city":"Rome"}"#), ("toolu_2", "time", "{}")]);
    let facts = completion.facts("anthropic");
    assert_eq!((facts.id.as_deref(), facts.model.as_deref()), (Some("msg_1"), Some("claude-sonnet-4-5")));
    assert_eq!(*facts.finish_reasons, [Text::from("tool_calls")]);
    assert_eq!(facts.native_finish_reason.as_deref(), Some("tool_use"));
    assert!(facts.unread.is_empty(), "{:?}", facts.unread);
    assert!(!format!("{completion:?}").contains("CANARY"));
}

#[test]
fn input_counts_what_came_from_the_cache_or_went_into_it() {
    let expected = Usage {
        input: Some(17),
        output: Some(9),
        total: None,
        cache_read: Some(8),
        cache_creation: Some(5),
        reasoning: None,
    };
    assert_eq!(learnt(&[message(&json!("end_turn"))]).usage(), expected);
    assert_eq!(learnt(&events()).usage(), expected);
}

#[test]
fn events_give_the_same_as_the_whole_message() {
    let (whole, streamed) = (learnt(&[message(&json!("tool_use"))]), learnt(&events()));
    assert_eq!(streamed.choices, whole.choices);
    assert_eq!(streamed.facts("x"), whole.facts("x"));
}

#[test]
fn a_stream_that_is_cut_at_any_event_keeps_its_beginning() {
    let whole = learnt(&events());
    let events = events();
    for cut in 0..events.len() {
        let completion = learnt(&events[..cut]);
        // The finish reason is in the last event but one.
        assert_eq!(completion.is_finished(), cut == events.len() - 1, "cut at {cut}");
        let choice = completion.choices.first().cloned().unwrap_or_default();
        assert!(whole.choices[0].text.starts_with(&*choice.text), "cut at {cut}");
        assert!(whole.choices[0].reasoning.starts_with(&*choice.reasoning), "cut at {cut}");
    }
    let before_the_end = learnt(&events[..events.len() - 2]);
    let expected = Choice { finish_reason: None, native_finish_reason: None, ..whole.choices[0].clone() };
    assert_eq!(before_the_end.choices, [expected]);
}

#[test]
fn stop_reasons_come_down_to_our_words() {
    for (native, reason) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ] {
        assert_eq!(*learnt(&[message(&json!(native))]).facts("x").finish_reasons, [Text::from(reason)], "{native}");
    }
    assert!(!learnt(&[message(&Value::Null)]).is_finished());
}

#[test]
fn errors_are_told_in_the_servers_words() {
    let error = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let mut events = events();
    events.truncate(12);
    events.push(error.clone());
    for answers in [vec![error], events] {
        let completion = learnt(&answers);
        assert!(completion.has_failed() && !completion.is_finished());
        assert_eq!(completion.error.unwrap().message.as_deref(), Some("Overloaded"));
    }
}

#[test]
fn what_nobody_reads_is_noted() {
    let completion = learnt(&[
        json!({ "type": "message", "content": [{ "type": "hologram" }] }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "light_delta" } }),
    ]);
    assert_eq!(*completion.facts("x").unread, [Text::from("hologram"), Text::from("light_delta")]);
}

#[test]
fn first_and_last_events_are_known() {
    let is =
        |test: fn(&Members<'_>) -> bool, kind: &str| test(&Members::of(&json!({ "type": kind }).to_string()).unwrap());
    assert!(is(begins_answer, "content_block_delta") && !is(begins_answer, "message_start"));
    assert!(is(ends_stream, "message_stop") && is(ends_stream, "error") && !is(ends_stream, "message_delta"));
}

proptest! {
    #[test]
    fn any_events_are_learnt_from(events in proptest::collection::vec(crate::json::arbitrary::near(&[
        "type", "message_start", "message", "content_block_start", "content_block", "content_block_delta", "content_block_stop",
        "message_delta", "delta", "index", "tool_use", "text", "text_delta", "input_json_delta", "partial_json", "thinking",
        "usage", "input_tokens", "stop_reason", "end_turn", "error", "content",
    ]), 0..6)) {
        let completion = learnt(&events);
        let content = super::of_body("{}", &completion.choices).to_bytes();
        prop_assert!(serde_json::from_slice::<Value>(&content).unwrap().is_object());
    }
}
