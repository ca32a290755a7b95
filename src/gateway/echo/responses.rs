//! Responses.

use serde_json::{Value, json};

use super::answer::{Asking, EchoAnswer, Event, MODEL, Tokens};
use super::question::{Choice, Form, Question, Reply, Tool, last_text, pieces, says};
use crate::json::{Members, Text};

pub(in crate::gateway) fn answer(body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
    let reply = question(body).reply();
    let item = item(asking, &reply);
    let response = response(body, asking, &item, Tokens::of(asking, reply.written()));
    if asking.streaming { EchoAnswer::Events(events(&response, &item, &reply)) } else { EchoAnswer::Whole(response) }
}

fn question<'a>(body: &Members<'a>) -> Question<'a> {
    let items = body.read::<Vec<Members<'a>>>("input").unwrap_or_default();
    let text = body.read::<Text<'_>>("input").map(|text| text.to_string());
    let format = body.read::<Members<'a>>("text").and_then(|text| text.read::<Members<'a>>("format"));
    let tools = body.read::<Vec<Members<'a>>>("tools").unwrap_or_default();
    let functions = tools.iter().filter(|tool| says(tool, "type", "function"));
    Question {
        text: text.unwrap_or_else(|| last_text(&items)),
        tools: functions.filter_map(tool).collect(),
        choice: choice(body),
        has_result: items.iter().any(|item| says(item, "type", "function_call_output")),
        form: format.map(|format| Form::of(&format)).unwrap_or_default(),
    }
}

fn tool<'a>(tool: &Members<'a>) -> Option<Tool<'a>> {
    Some(Tool { name: tool.read("name")?, parameters: tool.get("parameters") })
}

fn choice<'a>(body: &Members<'a>) -> Choice<'a> {
    if says(body, "tool_choice", "none") {
        return Choice::Never;
    }
    let chosen = body.read::<Members<'a>>("tool_choice").and_then(|choice| choice.read("name"));
    chosen.map_or(Choice::First, Choice::Named)
}

/// The one item of the output.
fn item(asking: &Asking<'_>, reply: &Reply) -> Value {
    match reply {
        Reply::Text(text) => json!({
            "id": format!("msg_{}", asking.id), "type": "message", "status": "completed", "role": "assistant",
            "content": [text_part(text)],
        }),
        Reply::Call { name, arguments } => json!({
            "id": format!("fc_{}", asking.id), "type": "function_call", "status": "completed",
            "call_id": format!("call_{}", asking.id), "name": name, "arguments": arguments,
        }),
    }
}

fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

/// All members that clients require, with what the caller asked for repeated as OpenAI does.
fn response(body: &Members<'_>, asking: &Asking<'_>, item: &Value, tokens: Tokens) -> Value {
    let Tokens { input, output, cost } = tokens;
    let given = |key: &str, usual: Value| body.read::<Value>(key).unwrap_or(usual);
    let format = body.read::<Value>("text").map(|text| text["format"].clone()).filter(|format| !format.is_null());
    json!({
        "id": format!("resp_{}", asking.id), "object": "response", "created_at": asking.created,
        "completed_at": asking.created, "status": "completed", "background": false, "error": null,
        "incomplete_details": null, "model": MODEL, "output": [item],
        "instructions": given("instructions", Value::Null), "metadata": given("metadata", json!({})),
        "max_output_tokens": given("max_output_tokens", Value::Null), "max_tool_calls": null,
        "parallel_tool_calls": given("parallel_tool_calls", Value::Bool(true)),
        "previous_response_id": given("previous_response_id", Value::Null), "prompt_cache_key": null,
        "reasoning": { "effort": null, "summary": null }, "safety_identifier": null, "service_tier": "default",
        "store": false, "temperature": given("temperature", json!(1.0)), "top_p": given("top_p", json!(1.0)),
        "frequency_penalty": 0.0, "presence_penalty": 0.0, "top_logprobs": 0, "truncation": "disabled",
        "text": { "format": format.unwrap_or_else(|| json!({ "type": "text" })), "verbosity": "medium" },
        "tool_choice": given("tool_choice", json!("auto")), "tools": given("tools", json!([])), "user": null,
        "usage": {
            "input_tokens": input, "input_tokens_details": { "cached_tokens": 0 }, "output_tokens": output,
            "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": input + output, "cost": cost,
        },
    })
}

fn events(response: &Value, item: &Value, reply: &Reply) -> Vec<Event> {
    let mut begun = response.clone();
    (begun["status"], begun["output"], begun["usage"]) = (json!("in_progress"), json!([]), Value::Null);
    begun["completed_at"] = Value::Null;
    let mut events = vec![
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.in_progress", "response": begun }),
    ];
    match reply {
        Reply::Text(text) => events.extend(of_message(item, text)),
        Reply::Call { name, arguments } => events.extend(of_call(item, name, arguments)),
    }
    events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": item }));
    events.push(json!({ "type": "response.completed", "response": response }));
    let numbered = events.into_iter().enumerate().map(|(number, mut event)| {
        event["sequence_number"] = Value::from(number);
        Event::typed(&event)
    });
    numbered.collect()
}

fn of_message(item: &Value, text: &str) -> Vec<Value> {
    let mut begun = item.clone();
    (begun["status"], begun["content"]) = (json!("in_progress"), json!([]));
    let of_part = |kind: &str, key: &str, value: Value| json!({ "type": kind, "item_id": item["id"], "output_index": 0, "content_index": 0, key: value, "logprobs": [] });
    let mut events = vec![
        json!({ "type": "response.output_item.added", "output_index": 0, "item": begun }),
        of_part("response.content_part.added", "part", text_part("")),
    ];
    events.extend(pieces(text).map(|piece| of_part("response.output_text.delta", "delta", Value::from(piece))));
    events.push(of_part("response.output_text.done", "text", Value::from(text)));
    events.push(of_part("response.content_part.done", "part", text_part(text)));
    events
}

fn of_call(item: &Value, name: &str, arguments: &str) -> Vec<Value> {
    let mut begun = item.clone();
    (begun["status"], begun["arguments"]) = (json!("in_progress"), json!(""));
    let mut events = vec![json!({ "type": "response.output_item.added", "output_index": 0, "item": begun })];
    events.extend(pieces(arguments).map(|piece| {
        json!({
            "type": "response.function_call_arguments.delta", "item_id": item["id"], "output_index": 0, "delta": piece,
        })
    }));
    events.push(json!({
        "type": "response.function_call_arguments.done", "item_id": item["id"], "output_index": 0, "name": name,
        "arguments": arguments,
    }));
    events
}
