//! Chat completions.

use serde_json::{Value, json};

use super::answer::{Asking, EchoAnswer, Event, MODEL, PROVIDER, Tokens};
use super::question::{Choice, Form, Question, Reply, Tool, last_text, pieces, says};
use crate::json::Members;

pub(in crate::gateway) fn answer(body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
    let reply = question(body).reply();
    let tokens = Tokens::of(asking, reply.written());
    if asking.streaming { EchoAnswer::Events(events(asking, &reply, tokens)) } else { whole(asking, &reply, tokens) }
}

fn question<'a>(body: &Members<'a>) -> Question<'a> {
    let messages = body.read::<Vec<Members<'a>>>("messages").unwrap_or_default();
    Question {
        text: last_text(&messages),
        tools: body.read::<Vec<Members<'a>>>("tools").unwrap_or_default().iter().filter_map(tool).collect(),
        choice: choice(body),
        has_result: messages.iter().any(|message| says(message, "role", "tool")),
        form: body.read::<Members<'a>>("response_format").map(|format| form(&format)).unwrap_or_default(),
    }
}

fn tool<'a>(tool: &Members<'a>) -> Option<Tool<'a>> {
    let function = tool.read::<Members<'a>>("function")?;
    Some(Tool { name: function.read("name")?, parameters: function.get("parameters") })
}

fn choice<'a>(body: &Members<'a>) -> Choice<'a> {
    if says(body, "tool_choice", "none") {
        return Choice::Never;
    }
    let chosen = body.read::<Members<'a>>("tool_choice").and_then(|choice| choice.read::<Members<'a>>("function"));
    chosen.and_then(|function| function.read("name")).map_or(Choice::First, Choice::Named)
}

/// OpenAI wraps name and schema of `json_schema` once more.
fn form<'a>(format: &Members<'a>) -> Form<'a> {
    match format.read::<Members<'a>>("json_schema").and_then(|wrapped| wrapped.get("schema")) {
        Some(schema) => Form::Schema(schema),
        None => Form::of(format),
    }
}

fn whole(asking: &Asking<'_>, reply: &Reply, tokens: Tokens) -> EchoAnswer {
    let mut message = json!({ "role": "assistant", "content": null, "refusal": null });
    match reply {
        Reply::Text(text) => message["content"] = Value::from(text.as_str()),
        Reply::Call { name, arguments } => {
            message["tool_calls"] = json!([call(asking, name, arguments)]);
        }
    }
    EchoAnswer::Whole(json!({
        "id": format!("chatcmpl-{}", asking.id), "object": "chat.completion", "created": asking.created, "model": MODEL,
        "provider": PROVIDER, "system_fingerprint": null,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(reply) }],
        "usage": tokens.usage(),
    }))
}

fn events(asking: &Asking<'_>, reply: &Reply, tokens: Tokens) -> Vec<Event> {
    let chunk = |delta: Value, finish_reason: Option<&str>| {
        json!({
            "id": format!("chatcmpl-{}", asking.id), "object": "chat.completion.chunk", "created": asking.created,
            "model": MODEL, "provider": PROVIDER,
            "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }],
        })
    };
    let mut chunks = Vec::new();
    match reply {
        Reply::Text(text) => {
            chunks.push(chunk(json!({ "role": "assistant", "content": "" }), None));
            chunks.extend(pieces(text).map(|piece| chunk(json!({ "content": piece }), None)));
        }
        Reply::Call { name, arguments } => {
            let mut begun = call(asking, name, "");
            begun["index"] = Value::from(0);
            chunks.push(chunk(json!({ "role": "assistant", "content": null, "tool_calls": [begun] }), None));
            chunks.extend(pieces(arguments).map(|piece| {
                let more = json!({ "index": 0, "function": { "arguments": piece } });
                chunk(json!({ "tool_calls": [more] }), None)
            }));
        }
    }
    chunks.push(chunk(json!({}), Some(finish_reason(reply))));
    let mut last = chunk(json!({}), None);
    last["choices"] = json!([]);
    last["usage"] = tokens.usage();
    chunks.push(last);
    chunks.iter().map(|chunk| Event::data(chunk)).chain([Event::data(&"[DONE]")]).collect()
}

fn call(asking: &Asking<'_>, name: &str, arguments: &str) -> Value {
    let function = json!({ "name": name, "arguments": arguments });
    json!({ "id": format!("call_{}", asking.id), "type": "function", "function": function })
}

fn finish_reason(reply: &Reply) -> &'static str {
    match reply {
        Reply::Text(_) => "stop",
        Reply::Call { .. } => "tool_calls",
    }
}
