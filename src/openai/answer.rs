//! Reads chat completions of all dialects while they pass: one whole answer, or a stream chunk by chunk.

mod content;
#[cfg(test)]
mod dialects;
mod form;
mod message;
#[cfg(test)]
mod properties;
mod tool_calls;
mod usage;

use serde_json::value::RawValue;

pub use self::usage::counts;
use crate::completion::{Completion, ErrorWords};
use crate::json::{Members, Text};

/// Members beside `choices` in which other protocols answer. Others tell about the answer.
const ANSWERS_OF_OTHERS: [&str; 8] =
    ["candidates", "completion", "content", "generated_text", "message", "output", "response", "text"];

/// Learns from a whole answer or from a chunk. Fields that are missing or odd are passed over.
pub fn learn(completion: &mut Completion, answer: &Members<'_>) {
    if let Some(words) = ErrorWords::of_answer(answer) {
        completion.note_error(words);
    }
    for (key, value) in answer.filled() {
        let text = || serde_json::from_str::<Text<'_>>(value.get()).unwrap_or_default();
        match key {
            "id" => completion.note_id(&text()),
            "model" => completion.note_model(&text()),
            "provider" => completion.note_provider(&text()),
            "usage" => learn_usage(completion, answer),
            // Groq's streams.
            "x_groq" => learn_usage(completion, &answer.read(key).unwrap_or_default()),
            "choices" => learn_choices(completion, value),
            _ if ANSWERS_OF_OTHERS.contains(&key) && completion.error.is_none() => completion.note_unread(key),
            _ => {}
        }
    }
}

fn learn_usage(completion: &mut Completion, holder: &Members<'_>) {
    let Some(usage) = holder.read::<Members<'_>>("usage") else { return };
    completion.note_usage(&counts(&usage));
    if let Some(cost) = usage.number("cost") {
        completion.note_cost(cost);
    }
}

fn learn_choices(completion: &mut Completion, choices: &RawValue) {
    let Ok(choices) = serde_json::from_str::<Vec<&RawValue>>(choices.get()) else {
        return completion.note_unread("choices");
    };
    for (position, choice) in choices.into_iter().enumerate() {
        let Some(choice) = Members::of(choice.get()) else { continue };
        // Moonshot reports usage here.
        learn_usage(completion, &choice);
        if let Some(error) = choice.value("error") {
            completion.note_error(ErrorWords::of(&error));
        }
        message::learn_choice(completion, &choice, position);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::completed_request::limits::CONTENT_BYTES;
    use crate::completion::ToolCall;

    fn learnt(chunks: &[Value]) -> Completion {
        let mut completion = Completion::default();
        for chunk in chunks {
            learn(&mut completion, &Members::of(&chunk.to_string()).unwrap());
        }
        completion
    }

    #[test]
    fn a_streamed_answer_comes_together() {
        let completion = learnt(&[
            json!({"id": "c-1", "model": "m-1", "provider": "P",
                "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}, "finish_reason": null}]}),
            json!({"id": "c-1", "choices": [{"index": 0, "delta": {"content": "lo"}}]}),
            json!({"id": "c-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            json!({"id": "c-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "cost": 0.0}}),
        ]);
        assert_eq!(completion.choices.len(), 1);
        assert_eq!((completion.choices[0].role.as_deref(), &*completion.choices[0].text), (Some("assistant"), "Hello"));
        assert!(completion.is_finished() && !completion.has_failed());
        let usage = completion.usage();
        assert_eq!((usage.input, usage.output, completion.cost), (Some(3), Some(2), Some(0.0)));
        let facts = completion.facts("openai");
        assert_eq!((facts.provider.as_deref(), facts.routed_to.as_deref()), (Some("openai"), Some("P")));
        assert_eq!(completion.facts("p").routed_to, None, "the same name");
        assert_eq!((facts.finish_reasons.as_slice(), facts.native_finish_reason), (&[Text::from("stop")][..], None));
    }

    #[test]
    fn tool_calls_in_pieces_come_together() {
        let piece = |call: Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
        let completion = learnt(&[
            piece(
                json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}),
            ),
            piece(json!({"index": 0, "function": {"arguments": "{\"city\":"}})),
            piece(json!({"index": 1, "id": "call_2", "function": {"name": "time", "arguments": "{}"}})),
            piece(json!({"index": 0, "function": {"arguments": "\"Rome\"}"}})),
        ]);
        let call = |id: &str, name: &str, arguments: &str| ToolCall {
            id: id.to_owned(),
            name: name.into(),
            arguments: arguments.into(),
        };
        let expected = [call("call_1", "weather", "{\"city\":\"Rome\"}"), call("call_2", "time", "{}")];
        assert_eq!(*completion.choices[0].tool_calls, expected);
        assert!(!completion.is_finished());
    }

    #[test]
    fn a_whole_answer_gives_its_message_and_the_native_word() {
        let message = json!({"role": "assistant", "reasoning_content": "hm",
            "content": [{"type": "text", "text": "x"}, {"type": "image"}, {"type": "text", "text": "y"}]});
        let completion = learnt(&[
            json!({"choices": [{"message": message, "finish_reason": "stop", "native_finish_reason": "end_turn"}]}),
        ]);
        assert_eq!((&*completion.choices[0].text, &*completion.choices[0].reasoning), ("x\ny", "hm"));
        assert_eq!(completion.facts("x").native_finish_reason.as_deref(), Some("end_turn"));
    }

    #[test]
    fn odd_chunks_are_passed_over() {
        let completion = learnt(&[
            json!({"id": 7, "choices": "none", "usage": 3}),
            json!({"choices": [{"index": 4_000_000_000_u64, "delta": {"content": "x"}}, {"index": "a", "delta": 1}]}),
            json!({"choices": [null]}),
        ]);
        assert_eq!(completion.id, None);
        assert!(completion.choices.iter().all(|choice| choice.text.is_empty()));
    }

    #[test]
    fn recorded_content_is_bounded() {
        let text = "x".repeat(100_000);
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
        let completion = learnt(&vec![chunk; 20]);
        assert_eq!(completion.choices[0].text.len(), CONTENT_BYTES + 1024);
    }
}
