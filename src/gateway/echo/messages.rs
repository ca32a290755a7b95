//! Anthropic's messages, and the count of their tokens.

use serde_json::{Value, json};

use super::answer::{Asking, EchoAnswer, Event, MODEL, Tokens, tokens};
use super::question::{Choice, Form, Question, Reply, Tool, last_text, pieces, says};
use crate::json::Members;

pub(in crate::gateway) fn answer(body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
    let reply = question(body).reply();
    let message = message(asking, &reply);
    if asking.streaming { EchoAnswer::Events(events(&message, &reply)) } else { EchoAnswer::Whole(message) }
}

pub(in crate::gateway) fn count_tokens(asking: &Asking<'_>) -> EchoAnswer {
    EchoAnswer::Whole(json!({ "input_tokens": tokens(asking.bytes) }))
}

fn question<'a>(body: &Members<'a>) -> Question<'a> {
    let messages = body.read::<Vec<Members<'a>>>("messages").unwrap_or_default();
    let blocks = |message: &Members<'a>| message.read::<Vec<Members<'a>>>("content").unwrap_or_default();
    let format = body.read::<Members<'a>>("output_config").and_then(|config| config.read::<Members<'a>>("format"));
    let tools = body.read::<Vec<Members<'a>>>("tools").unwrap_or_default();
    Question {
        text: last_text(&messages),
        tools: tools.iter().filter_map(tool).collect(),
        choice: choice(body),
        has_result: messages.iter().flat_map(blocks).any(|block| says(&block, "type", "tool_result")),
        form: format.map(|format| Form::of(&format)).unwrap_or_default(),
    }
}

/// Tools without a schema are the server's own, such as its search.
fn tool<'a>(tool: &Members<'a>) -> Option<Tool<'a>> {
    Some(Tool { name: tool.read("name")?, parameters: Some(tool.get("input_schema")?) })
}

fn choice<'a>(body: &Members<'a>) -> Choice<'a> {
    let Some(choice) = body.read::<Members<'a>>("tool_choice") else { return Choice::First };
    if says(&choice, "type", "none") {
        return Choice::Never;
    }
    choice.read("name").map_or(Choice::First, Choice::Named)
}

fn message(asking: &Asking<'_>, reply: &Reply) -> Value {
    let Tokens { input, output, cost } = Tokens::of(asking, reply.written());
    let (block, stop_reason) = match reply {
        Reply::Text(text) => (json!({ "type": "text", "text": text, "citations": null }), "end_turn"),
        Reply::Call { name, arguments } => {
            let input = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
            (tool_use(asking, name, &input), "tool_use")
        }
    };
    json!({
        "id": format!("msg_{}", asking.id), "type": "message", "role": "assistant", "model": MODEL, "content": [block],
        "stop_reason": stop_reason, "stop_sequence": null,
        "usage": {
            "input_tokens": input, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": output, "service_tier": "standard", "cost": cost,
        },
    })
}

fn tool_use(asking: &Asking<'_>, name: &str, input: &Value) -> Value {
    json!({ "type": "tool_use", "id": format!("toolu_{}", asking.id), "name": name, "input": input })
}

fn events(message: &Value, reply: &Reply) -> Vec<Event> {
    let mut begun = message.clone();
    (begun["content"], begun["stop_reason"]) = (json!([]), Value::Null);
    begun["usage"]["output_tokens"] = Value::from(1);
    let mut block = message["content"][0].clone();
    let (written, delta, key) = match reply {
        Reply::Text(text) => {
            block["text"] = json!("");
            (text, "text_delta", "text")
        }
        Reply::Call { arguments, .. } => {
            block["input"] = json!({});
            (arguments, "input_json_delta", "partial_json")
        }
    };
    let mut events = vec![
        json!({ "type": "message_start", "message": begun }),
        json!({ "type": "content_block_start", "index": 0, "content_block": block }),
        json!({ "type": "ping" }),
    ];
    events.extend(
        pieces(written)
            .map(|piece| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": delta, key: piece } })),
    );
    let usage = json!({ "output_tokens": message["usage"]["output_tokens"], "cost": message["usage"]["cost"] });
    events.push(json!({ "type": "content_block_stop", "index": 0 }));
    events.push(json!({
        "type": "message_delta", "delta": { "stop_reason": message["stop_reason"], "stop_sequence": null }, "usage": usage,
    }));
    events.push(json!({ "type": "message_stop" }));
    events.iter().map(Event::typed).collect()
}
