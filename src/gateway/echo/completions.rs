//! Completions of a prompt: one choice for each prompt.

use serde_json::{Value, json};

use super::answer::{Asking, EchoAnswer, Event, MODEL, PROVIDER, Tokens};
use super::inputs::inputs;
use super::question::{pieces, prose};
use crate::json::Members;

pub(in crate::gateway) fn answer(body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
    let texts: Vec<String> = inputs(body, "prompt").iter().map(|prompt| prose(prompt)).collect();
    let usage = Tokens::of(asking, &texts.concat()).usage();
    let completion = |choices: Value| {
        json!({
            "id": format!("cmpl-{}", asking.id), "object": "text_completion", "created": asking.created, "model": MODEL,
            "provider": PROVIDER, "choices": choices,
        })
    };
    let choice = |index: usize, text: &str, finish_reason: Option<&str>| json!({ "index": index, "text": text, "logprobs": null, "finish_reason": finish_reason });
    if !asking.streaming {
        let choices = texts.iter().enumerate().map(|(index, text)| choice(index, text, Some("stop")));
        let mut whole = completion(choices.collect());
        whole["usage"] = usage;
        return EchoAnswer::Whole(whole);
    }
    let mut chunks = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        chunks.extend(pieces(text).map(|piece| completion(json!([choice(index, piece, None)]))));
        chunks.push(completion(json!([choice(index, "", Some("stop"))])));
    }
    let mut last = completion(json!([]));
    last["usage"] = usage;
    chunks.push(last);
    EchoAnswer::Events(chunks.iter().map(|chunk| Event::data(chunk)).chain([Event::data(&"[DONE]")]).collect())
}
