//! Answers of `/responses` as model servers give them: whole, and as the events that say the same.

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

fn response(status: &str, output: &Value) -> Value {
    json!({ "id": "resp_1", "object": "response", "status": status, "model": "gpt-5-2025", "output": output, "error": null,
        "incomplete_details": null, "instructions": "Be brief.", "tools": [], "text": { "format": { "type": "text" } },
        "usage": { "input_tokens": 12, "input_tokens_details": { "cached_tokens": 8 }, "output_tokens": 9,
            "output_tokens_details": { "reasoning_tokens": 4 }, "total_tokens": 21 } })
}

fn output() -> Value {
    json!([
        { "id": "rs_1", "type": "reasoning", "encrypted_content": "CANARY",
          "summary": [{ "type": "summary_text", "text": "Think." }, { "type": "summary_text", "text": "Again." }] },
        { "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
          "content": [{ "type": "output_text", "text": "Let me look.", "annotations": [], "logprobs": [] }] },
        { "id": "ws_1", "type": "web_search_call", "status": "completed", "action": { "type": "search", "query": "Rome" } },
        { "id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{\"city\":\"Rome\"}" },
        { "id": "msg_2", "type": "message", "role": "assistant", "content": [{ "type": "refusal", "refusal": "No." }] },
    ])
}

/// The events that say `output()`, without the last one.
fn deltas() -> Vec<Value> {
    let output = output();
    let started =
        json!({ "id": "resp_1", "model": "gpt-5-2025", "status": "in_progress", "output": [], "usage": null });
    let added = |index: usize| {
        let mut item = output[index].clone();
        for (key, empty) in
            [("content", json!([])), ("summary", json!([])), ("arguments", json!("")), ("action", Value::Null)]
        {
            if item.get(key).is_some() {
                item[key] = empty;
            }
        }
        json!({ "type": "response.output_item.added", "output_index": index, "item": item })
    };
    let done =
        |index: usize| json!({ "type": "response.output_item.done", "output_index": index, "item": output[index] });
    let delta = |kind: &str, index: usize, delta: &str| json!({ "type": format!("response.{kind}.delta"), "output_index": index, "content_index": 0, "delta": delta });
    let part = |index: usize| {
        json!({ "type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": index,
            "part": { "type": "summary_text", "text": "" } })
    };
    vec![
        json!({ "type": "response.created", "response": started }),
        json!({ "type": "response.in_progress", "response": started }),
        added(0),
        part(0),
        delta("reasoning_summary_text", 0, "Thi"),
        delta("reasoning_summary_text", 0, "nk."),
        part(1),
        delta("reasoning_summary_text", 0, "Again."),
        done(0),
        added(1),
        json!({ "type": "response.content_part.added", "output_index": 1, "part": { "type": "output_text", "text": "" } }),
        delta("output_text", 1, "Let me "),
        delta("output_text", 1, "look."),
        json!({ "type": "response.output_text.done", "output_index": 1, "text": "Let me look." }),
        done(1),
        added(2),
        json!({ "type": "response.web_search_call.searching", "output_index": 2, "item_id": "ws_1" }),
        done(2),
        added(3),
        delta("function_call_arguments", 3, "{\"city\":"),
        delta("function_call_arguments", 3, "\"Rome\"}"),
        json!({ "type": "response.function_call_arguments.done", "output_index": 3, "arguments": "{\"city\":\"Rome\"}" }),
        done(3),
        added(4),
        delta("refusal", 4, "No."),
        done(4),
    ]
}

#[test]
fn whole_answer_gives_texts_calls_reasoning_and_counts() {
    let completion = learnt(&[response("completed", &output())]);
    let choice = &completion.choices[0];
    assert_eq!(choice.role.as_deref(), Some("assistant"));
    assert_eq!((&*choice.text, &*choice.refusal, &*choice.reasoning), ("Let me look.", "No.", "Think.\nAgain."));
    let calls: Vec<(&str, &str, &str)> =
        choice.tool_calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
    let search = r#"{"type":"search","query":"Rome"}"#;
    assert_eq!(calls, [("ws_1", "web_search", search), ("call_1", "weather", r#"{"city":"Rome"}"#)]);
    let expected = Usage {
        input: Some(12),
        output: Some(9),
        total: Some(21),
        cache_read: Some(8),
        cache_creation: None,
        reasoning: Some(4),
    };
    assert_eq!(completion.usage(), expected);
    let facts = completion.facts("openai");
    assert_eq!((facts.id.as_deref(), facts.model.as_deref()), (Some("resp_1"), Some("gpt-5-2025")));
    assert_eq!(*facts.finish_reasons, [Text::from("tool_calls")]);
    assert!(facts.unread.is_empty(), "{:?}", facts.unread);
}

#[test]
fn events_give_the_same_as_the_whole_answer() {
    let whole = learnt(&[response("completed", &output())]);
    let mut events = deltas();
    let unfinished = learnt(&events);
    let last = json!({ "type": "response.completed", "response": response("completed", &output()) });
    events.push(last.clone());
    let streamed = learnt(&events);
    assert_eq!((&streamed.choices, streamed.usage()), (&whole.choices, whole.usage()));
    assert_eq!(streamed.facts("x"), whole.facts("x"));
    // Before the last event only the finish reason is missing.
    let expected = Choice { finish_reason: None, native_finish_reason: None, ..whole.choices[0].clone() };
    assert_eq!(unfinished.choices, [expected]);
    assert!(unfinished.facts("x").unread.is_empty());
    assert_eq!(learnt(&[last]).choices, whole.choices);
}

#[test]
fn a_stream_that_is_cut_at_any_event_keeps_its_beginning_and_has_no_end() {
    let whole = learnt(&[response("completed", &output())]);
    let events = deltas();
    for cut in 0..=events.len() {
        let completion = learnt(&events[..cut]);
        assert!(!completion.is_finished() && !completion.has_failed(), "cut at {cut}");
        let choice = completion.choices.first().cloned().unwrap_or_default();
        assert!(whole.choices[0].text.starts_with(&*choice.text), "cut at {cut}");
        assert!(whole.choices[0].reasoning.starts_with(&*choice.reasoning), "cut at {cut}");
    }
}

#[test]
fn a_last_event_without_output_takes_nothing_back() {
    let mut events = deltas();
    events.push(json!({ "type": "response.completed", "response": response("completed", &json!([])) }));
    let completion = learnt(&events);
    assert_eq!(&*completion.choices[0].text, "Let me look.");
    assert!(completion.is_finished());
}

#[test]
fn finish_reason_is_the_status() {
    let message = json!([{ "type": "message", "content": [{ "type": "output_text", "text": "x" }] }]);
    let server_tool = json!([{ "type": "web_search_call", "id": "ws_1" }]);
    let incomplete = |reason: &str| {
        let mut response = response("incomplete", &message);
        response["incomplete_details"] = json!({ "reason": reason });
        response
    };
    for (answer, reason) in [
        (response("completed", &message), Some("stop")),
        (response("completed", &server_tool), Some("stop")),
        (response("completed", &output()), Some("tool_calls")),
        (incomplete("max_output_tokens"), Some("length")),
        (incomplete("content_filter"), Some("content_filter")),
        (response("failed", &json!([])), Some("error")),
        (response("in_progress", &message), None),
        (response("queued", &json!([])), None),
    ] {
        let reasons = learnt(std::slice::from_ref(&answer)).facts("x").finish_reasons;
        assert_eq!(reasons.first().map(|reason| &**reason), reason, "{answer}");
    }
}

#[test]
fn errors_are_told_in_the_servers_words() {
    let mut failed = response("failed", &json!([]));
    failed["error"] = json!({ "code": "server_error", "message": "The model failed." });
    for (answers, message) in [
        (vec![failed.clone()], "The model failed."),
        (vec![json!({ "type": "response.failed", "response": failed })], "The model failed."),
        (vec![json!({ "type": "error", "code": "x", "message": "Too much.", "param": null })], "Too much."),
        (vec![json!({ "type": "error", "error": { "type": "t", "message": "Nested." } })], "Nested."),
    ] {
        let completion = learnt(&answers);
        assert!(completion.has_failed());
        assert_eq!(completion.error.unwrap().message.as_deref(), Some(message));
    }
}

#[test]
fn generated_images_are_named_and_what_nobody_reads_is_noted() {
    let completion = learnt(&[response(
        "completed",
        &json!([
            { "type": "image_generation_call", "id": "ig_1", "result": "CANARY", "output_format": "png" },
            { "type": "hologram", "light": 1 },
        ]),
    )]);
    assert_eq!(completion.choices[0].media.len(), 1);
    assert!(!format!("{completion:?}").contains("CANARY"));
    assert_eq!(*completion.facts("x").unread, [Text::from("hologram")]);
}

#[test]
fn first_and_last_events_are_known() {
    let is = |test: fn(&Members<'_>) -> bool, event: Value| test(&Members::of(&event.to_string()).unwrap());
    assert!(is(begins_answer, json!({ "type": "response.output_text.delta", "delta": "" })));
    assert!(!is(begins_answer, json!({ "type": "response.created", "response": {} })));
    for last in ["response.completed", "response.incomplete", "response.failed", "error"] {
        assert!(is(ends_stream, json!({ "type": last })));
    }
    assert!(!is(ends_stream, json!({ "type": "response.output_item.done" })));
}

proptest! {
    #[test]
    fn any_events_are_learnt_from(events in proptest::collection::vec(crate::json::arbitrary::near(&[
        "type", "response.completed", "response.output_text.delta", "response.output_item.added", "response.output_item.done",
        "response.function_call_arguments.delta", "response", "item", "delta", "output_index", "output", "status", "completed",
        "function_call", "message", "content", "text", "usage", "input_tokens", "error", "reasoning", "summary",
    ]), 0..6)) {
        let completion = learnt(&events);
        let content = super::of_body("{}", &completion.choices).to_bytes();
        prop_assert!(serde_json::from_slice::<Value>(&content).unwrap().is_object());
    }
}
