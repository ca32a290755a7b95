//! Recorded dialects. The first line of each file in `dialects/` says what must come of the others: a whole answer, or
//! the chunks of a stream.

use serde_json::{Value, json};

use super::learn;
use crate::completion::{Completion, messages};
use crate::json::Members;

macro_rules! dialects {
    ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!("dialects/", $name, ".jsonl")))),+] };
}

const DIALECTS: [(&str, &str); 23] = dialects!(
    "anthropic-compatible",
    "azure",
    "deepseek",
    "emoji-in-halves",
    "gemini-calls-without-id",
    "gemini-parallel-calls",
    "groq",
    "mistral-thinking",
    "moonshot",
    "names-repeated-and-in-pieces",
    "ollama",
    "openai-audio",
    "openai-calls",
    "openai-function-call",
    "openai-refusal",
    "openai-stream",
    "openrouter",
    "openrouter-error",
    "tgi-error",
    "unread",
    "vllm-error",
    "vllm-reasoning",
    "xai",
);

#[test]
fn every_recorded_dialect_is_understood() {
    for (name, lines) in DIALECTS {
        let (expected, events) = lines.split_once('\n').unwrap();
        let mut completion = Completion::default();
        for event in events.lines() {
            learn(&mut completion, &Members::of(event).unwrap_or_else(|| panic!("{name}: {event}")));
        }
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(understood(&completion), expected, "{name}");
        assert_eq!(completion.has_failed(), expected.get("error").is_some(), "{name}");
    }
}

/// What is recorded of an answer, without what it does not say.
fn understood(completion: &Completion) -> Value {
    let facts = completion.facts("");
    let facts = json!({
        "messages": messages(&completion.choices),
        "usage": completion.usage(),
        "cost": completion.cost,
        "error": completion.error.as_ref().map(|words| &words.message),
        "model": facts.model,
        "provider": facts.routed_to,
        "native": facts.native_finish_reason,
        "unread": Some(facts.unread).filter(|names| !names.is_empty()),
    });
    let Value::Object(facts) = facts else { panic!("an object") };
    facts.into_iter().filter(|(_, value)| !value.is_null()).collect()
}
