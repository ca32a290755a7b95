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
fn completions_answer_each_prompt() {
    let answer = whole(completions::answer, &json!({ "prompt": ["one", "two"] }));
    let texts: Vec<&str> = (0..2).map(|index| answer["choices"][index]["text"].as_str().unwrap()).collect();
    assert!(texts[0].ends_with("You said: one") && texts[1].ends_with("You said: two"));
    let chunks = data(&events(completions::answer, &json!({ "prompt": ["one", "two"] })));
    for (index, text) in texts.iter().enumerate() {
        let of_prompt = chunks.iter().map(|chunk| &chunk["choices"][0]).filter(|choice| choice["index"] == index);
        assert_eq!(joined(of_prompt.map(|choice| &choice["text"])), *text);
    }
    assert_eq!(chunks.last().unwrap()["usage"], answer["usage"]);
    let tokens = whole(completions::answer, &json!({ "prompt": [1, 2] }));
    assert!(tokens["choices"][0]["text"].as_str().unwrap().ends_with("You said: [1,2]"));
}

#[test]
fn embeddings_are_the_same_for_the_same_text() {
    let answer = whole(embeddings::answer, &json!({ "input": ["a", "b", "a"], "dimensions": 20 }));
    let vector = |index: usize| answer["data"][index]["embedding"].as_array().unwrap();
    assert_eq!((vector(0).len(), vector(0)), (20, vector(2)));
    assert_ne!(vector(0), vector(1));
    let length: f64 = vector(0).iter().map(|number| number.as_f64().unwrap().powi(2)).sum();
    assert!((length - 1.0).abs() < 1e-6);
    for (input, vectors) in [(json!("a"), 1), (json!([1, 2]), 1), (json!([[1], [2]]), 2)] {
        let answer = whole(embeddings::answer, &json!({ "input": input }));
        assert_eq!(answer["data"].as_array().unwrap().len(), vectors);
        assert_eq!(answer["data"][0]["embedding"].as_array().unwrap().len(), 8);
    }
}

#[test]
fn embeddings_in_base64_are_the_same_numbers() {
    use base64::Engine as _;
    let plain = whole(embeddings::answer, &json!({ "input": "a" }));
    let packed = whole(embeddings::answer, &json!({ "input": "a", "encoding_format": "base64" }));
    let packed = packed["data"][0]["embedding"].as_str().unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed).unwrap();
    let numbers = bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    assert_eq!(json!(numbers.collect::<Vec<f32>>()), plain["data"][0]["embedding"]);
}

#[test]
fn embeddings_of_too_many_numbers_are_refused() {
    for dimensions in [json!(0), json!(-1), json!(1 << 20)] {
        let body = json!({ "input": ["a", "b"], "dimensions": dimensions });
        let EchoAnswer::Refused { status, body } = answered(embeddings::answer, &body, false) else {
            panic!("{dimensions}")
        };
        assert_eq!((status, &body["error"]["param"]), (400, &json!("dimensions")));
    }
}

#[test]
fn responses_repeat_call_and_fill_in() {
    let prose = whole(responses::answer, &json!({ "input": "Who are you?" }));
    assert!(prose["output"][0]["content"][0]["text"].as_str().unwrap().ends_with("You said: Who are you?"));
    assert_eq!((&prose["status"], &prose["id"]), (&json!("completed"), &json!("resp_abc")));

    let tool = json!({ "type": "function", "name": "get_weather", "parameters": city() });
    let tools = json!({ "input": "x", "tools": [{ "type": "web_search" }, tool] });
    let call = whole(responses::answer, &tools);
    assert_eq!((&call["output"][0]["name"], &call["output"][0]["arguments"]), (&tool["name"], &json!(FILLED)));
    let input = json!([
        { "role": "user", "content": [{ "type": "input_text", "text": "Weather?" }] },
        { "type": "function_call_output", "call_id": "call_abc", "output": "21" },
    ]);
    let after = whole(responses::answer, &json!({ "input": input, "tools": [tool] }));
    assert!(after["output"][0]["content"][0]["text"].as_str().unwrap().ends_with("You said: Weather?"));

    let format = json!({ "type": "json_schema", "name": "city", "schema": city() });
    let filled = whole(responses::answer, &json!({ "input": "x", "text": { "format": format } }));
    assert_eq!(filled["output"][0]["content"][0]["text"], FILLED);
    assert_eq!(filled["text"]["format"], format);
}

#[test]
fn responses_stream_the_same_answer_in_numbered_events() {
    let tool = json!({ "type": "function", "name": "get_weather", "parameters": city() });
    for (body, delta) in [
        (json!({ "input": "Who are you?" }), "response.output_text.delta"),
        (json!({ "input": "x", "tools": [tool] }), "response.function_call_arguments.delta"),
    ] {
        let events = events(responses::answer, &body);
        let all = data(&events);
        assert!(all.iter().enumerate().all(|(number, event)| event["sequence_number"] == number));
        assert!(all.iter().zip(&events).all(|(data, event)| event.name.as_deref() == data["type"].as_str()));
        assert_eq!(all[0]["response"]["output"], json!([]));
        assert_eq!(all.last().unwrap()["type"], "response.completed");
        assert_eq!(all.last().unwrap()["response"], whole(responses::answer, &body));
        let item = &all.last().unwrap()["response"]["output"][0];
        let written = item["arguments"].as_str().or(item["content"][0]["text"].as_str()).unwrap();
        let deltas = all.iter().filter(|event| event["type"] == delta);
        assert_eq!(joined(deltas.map(|event| &event["delta"])), written);
    }
}

fn messages(more: &Value) -> Value {
    let mut body = json!({ "max_tokens": 50, "messages": [{ "role": "user", "content": "Who are you?" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn messages_repeat_call_and_fill_in() {
    let prose = whole(messages::answer, &messages(&json!({})));
    assert!(prose["content"][0]["text"].as_str().unwrap().ends_with("You said: Who are you?"));
    assert_eq!((&prose["stop_reason"], &prose["usage"]["input_tokens"]), (&json!("end_turn"), &json!(25)));

    let tools =
        json!([{ "type": "web_search_20250305", "name": "s" }, { "name": "get_weather", "input_schema": city() }]);
    let call = whole(messages::answer, &messages(&json!({ "tools": tools })));
    let block = json!({ "type": "tool_use", "id": "toolu_abc", "name": "get_weather", "input": { "city": "echo" } });
    assert_eq!((&call["content"], &call["stop_reason"]), (&json!([block]), &json!("tool_use")));
    let none = messages(&json!({ "tools": tools, "tool_choice": { "type": "none" } }));
    assert_eq!(whole(messages::answer, &none)["stop_reason"], "end_turn");
    let result = json!([{ "type": "tool_result", "tool_use_id": "toolu_abc", "content": "21" }]);
    let conversation = json!([{ "role": "user", "content": "Weather?" }, { "role": "user", "content": result }]);
    let after = whole(messages::answer, &messages(&json!({ "tools": tools, "messages": conversation })));
    assert!(after["content"][0]["text"].as_str().unwrap().ends_with("You said: Weather?"));

    let format = json!({ "format": { "type": "json_schema", "schema": city() } });
    let filled = whole(messages::answer, &messages(&json!({ "output_config": format })));
    assert_eq!(filled["content"][0]["text"], FILLED);
}

#[test]
fn messages_stream_the_same_answer_in_named_events() {
    let tools = json!([{ "name": "get_weather", "input_schema": city() }]);
    for (body, key) in [(messages(&json!({})), "text"), (messages(&json!({ "tools": tools })), "partial_json")] {
        let events = events(messages::answer, &body);
        let all = data(&events);
        assert!(all.iter().zip(&events).all(|(data, event)| event.name.as_deref() == data["type"].as_str()));
        let kinds: Vec<&str> = all.iter().filter_map(|event| event["type"].as_str()).collect();
        assert_eq!(kinds[..2], ["message_start", "content_block_start"]);
        assert_eq!(kinds[kinds.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
        let whole = whole(messages::answer, &body);
        let end = &all[all.len() - 2];
        assert_eq!(end["delta"]["stop_reason"], whole["stop_reason"]);
        assert_eq!(end["usage"]["output_tokens"], whole["usage"]["output_tokens"]);
        let written = joined(all.iter().map(|event| &event["delta"][key]));
        let block = &whole["content"][0];
        match block["text"].as_str() {
            Some(text) => assert_eq!(written, text),
            None => assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), block["input"]),
        }
    }
}

#[test]
fn names_below_demo_that_are_not_its_own_are_refused() {
    let refusal = |model: &str| echo_refusal(&Members::of(&json!({ "model": model }).to_string()).unwrap());
    assert_eq!((refusal("demo/echo"), refusal("openai/gpt-4o"), refusal("demo")), (None, None, None));
    let Some(EchoAnswer::Refused { status, body }) = refusal("demo/gpt") else { panic!("not refused") };
    assert_eq!((status, &body["error"]["code"]), (404, &json!("model_not_found")));
    assert!(body["error"]["message"].as_str().unwrap().contains("`demo/gpt`"));
}
