//! Reads an answer while it passes: one whole answer, or a stream chunk by chunk.

use serde_json::Value;

use super::content::{AnsweredChoice, AnsweredToolCall};
use super::text_of::text_of;
use super::{finish_reason, usage};
use crate::completed_request::limits::CONTENT_BYTES;
use crate::completed_request::{ResponseFacts, Usage, clean};
use crate::json::{Members, Text};

/// Choices of one answer that are recorded; OpenAI allows 128.
const CHOICES: usize = 128;
/// Tool calls of one choice that are recorded; OpenAI allows 128 tools.
const TOOL_CALLS: usize = 256;
/// Characters of a model's name, provider or finish reason that are recorded.
const NAME_CHARS: usize = 256;

/// An answer as far as it has come.
#[derive(Debug, Default)]
pub struct Completion {
    /// The upstream's id of the answer.
    pub id: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// The `provider` that the answer names.
    pub provider: Option<String>,
    pub usage: Usage,
    /// `usage.cost` of the upstream, in USD.
    pub cost: Option<f64>,
    /// An error that came in place of a chunk, as it came.
    pub error: Option<Value>,
    /// The last finish reason in the upstream's own word.
    native_finish_reason: Option<String>,
    /// The alternatives, their content up to what is recorded of one request.
    pub choices: Vec<AnsweredChoice>,
    /// Bytes of content in `choices`.
    bytes: usize,
}

impl Completion {
    /// Learns from a whole answer or from a chunk. Fields that are missing or odd are passed over.
    pub fn learn(&mut self, answer: &Members<'_>) {
        for (place, key) in [(&mut self.id, "id"), (&mut self.model, "model"), (&mut self.provider, "provider")] {
            if place.is_none() {
                *place = answer.read::<Text<'_>>(key).map(|text| short(&text)).filter(|text| !text.is_empty());
            }
        }
        if let Some(members) = answer.read::<Members<'_>>("usage") {
            self.usage = usage::read(&members);
            self.cost = members.read::<f64>("cost").or(self.cost);
        }
        if let Some(error) = answer.read::<Value>("error") {
            self.error = Some(error);
        }
        for (position, choice) in answer.read::<Vec<Members<'_>>>("choices").into_iter().flatten().enumerate() {
            self.learn_choice(&choice, position);
        }
    }

    fn learn_choice(&mut self, part: &Members<'_>, position: usize) {
        let index = part.read::<usize>("index").unwrap_or(position);
        let Some(choice) = at(&mut self.choices, index, CHOICES) else { return };
        if let Some(native) = part.read::<Text<'_>>("finish_reason") {
            choice.finish_reason = Some(finish_reason::normalised(&native).to_owned());
            let native = part.read::<Text<'_>>("native_finish_reason").unwrap_or(native);
            self.native_finish_reason = Some(short(&native));
        }
        // A whole answer has a `message`, a chunk has a `delta` of the same shape.
        if let Some(message) = part.read::<Members<'_>>("message").or_else(|| part.read("delta")) {
            learn_message(choice, &message, &mut self.bytes);
        }
    }

    /// Whether every choice has come to its end.
    pub fn is_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finish_reason.is_some())
    }

    /// Whether a choice ended with an error.
    pub fn has_failed(&self) -> bool {
        self.error.is_some() || self.choices.iter().any(|choice| choice.finish_reason.as_deref() == Some("error"))
    }

    /// Who answered and with what, for the record. `upstream` is the provider where the answer names none.
    pub fn facts(&self, upstream: &str) -> ResponseFacts<'static> {
        let finish_reasons: Vec<Text<'static>> =
            self.choices.iter().filter_map(|choice| choice.finish_reason.clone()).map(Text::from).collect();
        let native = self.native_finish_reason.clone().filter(|native| finish_reason::normalised(native) != native);
        let provider = self.provider.clone().unwrap_or_else(|| upstream.to_owned());
        ResponseFacts {
            provider: Some(Text::from(provider)),
            model: self.model.clone().map(Text::from),
            id: self.id.clone().map(Text::from),
            finish_reasons,
            native_finish_reason: native.map(Text::from),
            dimensions: None,
        }
    }
}

fn learn_message(choice: &mut AnsweredChoice, message: &Members<'_>, bytes: &mut usize) {
    if choice.role.is_none() {
        choice.role = message.read::<Text<'_>>("role").map(|role| short(&role));
    }
    // DeepSeek, vLLM and others call it `reasoning_content`.
    let reasoning = if message.contains("reasoning") { "reasoning" } else { "reasoning_content" };
    let texts = [(&mut choice.text, "content"), (&mut choice.reasoning, reasoning), (&mut choice.refusal, "refusal")];
    for (place, key) in texts {
        if let Some(text) = text_of(message, key) {
            append(place, &text, bytes);
        }
    }
    for (position, part) in message.read::<Vec<Members<'_>>>("tool_calls").into_iter().flatten().enumerate() {
        let index = part.read::<usize>("index").unwrap_or(position);
        if let Some(call) = at(&mut choice.tool_calls, index, TOOL_CALLS) {
            learn_tool_call(call, &part, bytes);
        }
    }
}

fn learn_tool_call(call: &mut AnsweredToolCall, part: &Members<'_>, bytes: &mut usize) {
    let function = part.read::<Members<'_>>("function").unwrap_or_default();
    if let Some(id) = part.read::<Text<'_>>("id").filter(|_| call.id.is_empty()) {
        call.id = short(&id);
    }
    // Most servers send the name once and whole; some send it in pieces.
    for (place, key) in [(&mut call.name, "name"), (&mut call.arguments, "arguments")] {
        if let Some(text) = function.read::<Text<'_>>(key) {
            append(place, &text, bytes);
        }
    }
}

/// The item at `index`, made with those before it; None beyond `most`.
fn at<T: Default>(items: &mut Vec<T>, index: usize, most: usize) -> Option<&mut T> {
    if index >= most {
        return None;
    }
    if index >= items.len() {
        items.resize_with(index + 1, T::default);
    }
    items.get_mut(index)
}

/// Adds text up to a little more than what is recorded of one request: what makes the record then sees that it was cut.
fn append(place: &mut String, text: &str, bytes: &mut usize) {
    let room = (CONTENT_BYTES + 1024).saturating_sub(*bytes);
    let text = &text[..text.floor_char_boundary(room)];
    *bytes += text.len();
    place.push_str(text);
}

fn short(text: &str) -> String {
    clean::name(text, NAME_CHARS).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn learnt(chunks: &[Value]) -> Completion {
        let mut completion = Completion::default();
        for chunk in chunks {
            completion.learn(&Members::of(&chunk.to_string()).unwrap());
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
        assert_eq!(
            (completion.choices[0].role.as_deref(), completion.choices[0].text.as_str()),
            (Some("assistant"), "Hello")
        );
        assert!(completion.is_finished() && !completion.has_failed());
        assert_eq!((completion.usage.input, completion.usage.output, completion.cost), (Some(3), Some(2), Some(0.0)));
        let facts = completion.facts("openai");
        assert_eq!(facts.provider.as_deref(), Some("P"));
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
        let call = |id: &str, name: &str, arguments: &str| AnsweredToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        let expected = [call("call_1", "weather", "{\"city\":\"Rome\"}"), call("call_2", "time", "{}")];
        assert_eq!(completion.choices[0].tool_calls, expected);
        assert!(!completion.is_finished());
    }

    #[test]
    fn a_whole_answer_gives_its_message_and_the_native_word() {
        let message = json!({"role": "assistant", "reasoning_content": "hm",
            "content": [{"type": "text", "text": "x"}, {"type": "image"}, {"type": "text", "text": "y"}]});
        let completion = learnt(&[
            json!({"choices": [{"message": message, "finish_reason": "stop", "native_finish_reason": "end_turn"}]}),
        ]);
        assert_eq!((completion.choices[0].text.as_str(), completion.choices[0].reasoning.as_str()), ("x\ny", "hm"));
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
