//! Questions of each protocol: prose, a tool, its result, a schema; whole and as events.

use serde_json::{Value, json};

use super::answer::Event;
use super::{EchoAnswer, refusal as echo_refusal, *};

type Maker = fn(&Members<'_>, &Asking<'_>) -> EchoAnswer;

fn answered(make: Maker, body: &Value, streaming: bool) -> EchoAnswer {
    let text = body.to_string();
    let asking = Asking { id: "abc", bytes: 100, created: 1_788_612_885, streaming };
    make(&Members::of(&text).unwrap(), &asking)
}

fn whole(make: Maker, body: &Value) -> Value {
    match answered(make, body, false) {
        EchoAnswer::Whole(whole) => whole,
        other => panic!("not whole: {other:?}"),
    }
}

fn events(make: Maker, body: &Value) -> Vec<Event> {
    match answered(make, body, true) {
        EchoAnswer::Events(events) => events,
        other => panic!("no events: {other:?}"),
    }
}

/// The data of events, less the `[DONE]` at their end.
fn data(events: &[Event]) -> Vec<Value> {
    events.iter().filter_map(|event| serde_json::from_str(&event.data).ok()).collect()
}

fn joined<'a>(parts: impl Iterator<Item = &'a Value>) -> String {
    parts.filter_map(Value::as_str).collect()
}

fn city() -> Value {
    json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] })
}

const FILLED: &str = r#"{"city":"echo"}"#;

fn chat(more: &Value) -> Value {
    let mut body = json!({ "model": "openai/gpt-4o", "messages": [{ "role": "user", "content": "Who are you?" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn chat_repeats_the_question_and_names_its_own_model() {
    let answer = whole(chat::answer, &chat(&json!({})));
    assert_eq!(answer, whole(chat::answer, &chat(&json!({}))));
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("demo/echo") && text.ends_with("You said: Who are you?"));
    assert_eq!((&answer["usage"]["prompt_tokens"], &answer["model"]), (&json!(25), &json!("demo/echo")));

    let events = events(chat::answer, &chat(&json!({})));
    assert_eq!(events.last().unwrap().data, "[DONE]");
    let chunks = data(&events);
    assert_eq!(joined(chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]["content"])), text);
    assert_eq!(chunks.last().unwrap()["usage"], answer["usage"]);
    assert!(answer["usage"]["cost"].as_f64().unwrap() > 0.0);
}

#[test]
fn chat_calls_a_tool_once() {
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": city() } });
    let tools = json!({ "tools": [tool("first"), tool("second"), { "type": "custom", "custom": { "name": "x" } }] });
    let answer = whole(chat::answer, &chat(&tools));
    let choice = &answer["choices"][0];
    assert_eq!((&choice["message"]["content"], &choice["finish_reason"]), (&Value::Null, &json!("tool_calls")));
    assert_eq!(choice["message"]["tool_calls"][0]["function"], json!({ "name": "first", "arguments": FILLED }));

    let chunks = data(&events(chat::answer, &chat(&tools)));
    let calls = || chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]["tool_calls"][0]);
    assert_eq!(joined(calls().map(|call| &call["function"]["arguments"])), FILLED);
    assert_eq!(joined(calls().map(|call| &call["function"]["name"])), "first");
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "tool_calls");

    let chosen = |choice: Value| chat(&json!({ "tools": tools["tools"], "tool_choice": choice }));
    let named = whole(chat::answer, &chosen(json!({ "type": "function", "function": { "name": "second" } })));
    assert_eq!(named["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "second");
    assert!(whole(chat::answer, &chosen(json!("none")))["choices"][0]["message"]["content"].is_string());

    let messages = json!([
        { "role": "user", "content": [{ "type": "text", "text": "Weather?" }] },
        { "role": "assistant", "content": null, "tool_calls": [] },
        { "role": "tool", "tool_call_id": "call_abc", "content": "21 C" },
    ]);
    let after = whole(chat::answer, &chat(&json!({ "tools": tools["tools"], "messages": messages })));
    assert!(after["choices"][0]["message"]["content"].as_str().unwrap().ends_with("You said: Weather?"));
}

#[test]
fn chat_without_parameters_calls_with_an_object() {
    for function in [json!({ "name": "now" }), json!({ "name": "now", "parameters": {} })] {
        let answer = whole(chat::answer, &chat(&json!({ "tools": [{ "type": "function", "function": function }] })));
        assert_eq!(answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"], "{}");
    }
}

#[test]
fn chat_fills_in_a_schema() {
    let format = json!({ "type": "json_schema", "json_schema": { "name": "city", "schema": city() } });
    let body = chat(&json!({ "response_format": format }));
    assert_eq!(whole(chat::answer, &body)["choices"][0]["message"]["content"], FILLED);
    let chunks = data(&events(chat::answer, &body));
    assert_eq!(joined(chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]["content"])), FILLED);
    let object = whole(chat::answer, &chat(&json!({ "response_format": { "type": "json_object" } })));
    assert_eq!(object["choices"][0]["message"]["content"], r#"{"echo":"Who are you?"}"#);
}

#[test]
fn chat_echoes_a_long_question_in_part() {
    let body = chat(&json!({ "messages": [{ "role": "user", "content": "ä".repeat(5_000) }] }));
    let answer = whole(chat::answer, &body);
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.ends_with('…') && text.chars().count() < 2_200);
}

#[test]
fn names_below_demo_that_are_not_its_own_are_refused() {
    let refusal = |model: &str| echo_refusal(&Members::of(&json!({ "model": model }).to_string()).unwrap());
    assert_eq!((refusal("demo/echo"), refusal("openai/gpt-4o"), refusal("demo")), (None, None, None));
    let Some(EchoAnswer::Refused { status, body }) = refusal("demo/gpt") else { panic!("not refused") };
    assert_eq!((status, &body["error"]["code"]), (404, &json!("model_not_found")));
    assert!(body["error"]["message"].as_str().unwrap().contains("`demo/gpt`"));
}
