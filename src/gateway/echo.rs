//! `demo/echo`: the built-in model that answers where no upstream is configured, so that a newcomer needs no provider's
//! key. The same question always gets the same answer.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};

use super::upstream::{Broken, UpstreamAnswer};
use super::upstream_headers::PassedHeaders;
use crate::clock::UnixNanos;

/// The name under which it answers.
pub(super) const MODEL: &str = "demo/echo";
pub(super) const PROVIDER: &str = "tracecast";

/// USD for a million tokens of the prompt: made up, so that a demo's trace has a cost.
const INPUT_PRICE: f64 = 0.10;
/// USD for a million tokens of the completion.
const OUTPUT_PRICE: f64 = 0.40;
/// The same for a token of each.
pub(super) const PRICES: (f64, f64) = (INPUT_PRICE / 1e6, OUTPUT_PRICE / 1e6);
/// Characters of the question that are echoed.
const ECHO_CHARS: usize = 2_000;
/// A token is about four bytes of English text.
const BYTES_PER_TOKEN: usize = 4;

#[derive(Debug)]
pub(super) struct Question {
    /// The user's last message.
    pub(super) text: String,
    /// Bytes of the whole request, from which its tokens are estimated.
    pub(super) bytes: usize,
    pub(super) streaming: bool,
    pub(super) asked: UnixNanos,
    /// Pause between two chunks of a stream.
    pub(super) pause: Duration,
}

/// Answers as an upstream would.
pub(super) fn answer(question: &Question) -> UpstreamAnswer {
    let text = words(&question.text);
    let usage = usage(question.bytes, &text);
    let content_type = if question.streaming { "text/event-stream" } else { "application/json" };
    let body = if question.streaming { chunks(question, &text, &usage) } else { whole(question, &text, &usage) };
    UpstreamAnswer { status: 200, content_type: content_type.to_owned(), headers: PassedHeaders::default(), body }
}

fn words(question: &str) -> String {
    let echoed: String = question.chars().take(ECHO_CHARS).collect();
    let cut = if echoed.len() < question.len() { "…" } else { "" };
    if echoed.trim().is_empty() {
        return format!(
            "This is {MODEL}, Tracecast's built-in model: it has no mind of its own and repeats you. You said nothing."
        );
    }
    format!(
        "This is {MODEL}, Tracecast's built-in model: it has no mind of its own and repeats you. You said: {echoed}{cut}"
    )
}

fn usage(bytes: usize, text: &str) -> Value {
    let tokens = |bytes: usize| bytes.div_ceil(BYTES_PER_TOKEN) as u64;
    let (input, output) = (tokens(bytes), tokens(text.len()));
    json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output, "cost": cost(input, output) })
}

#[expect(clippy::cast_precision_loss, reason = "token counts lie far below 2^53")]
fn cost(input: u64, output: u64) -> f64 {
    // Rounded to nanodollars, so that a sum of two doubles does not show.
    ((input as f64 * INPUT_PRICE + output as f64 * OUTPUT_PRICE) * 1e3).round() / 1e9
}

fn whole(question: &Question, text: &str, usage: &Value) -> BoxStream<'static, Result<Bytes, Broken>> {
    let message = json!({ "role": "assistant", "content": text, "refusal": null });
    let answer = json!({
        "id": "", "object": "chat.completion", "created": question.asked.as_seconds(), "model": MODEL,
        "provider": PROVIDER,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
        "usage": usage,
    });
    stream::iter([Ok(Bytes::from(answer.to_string()))]).boxed()
}

fn chunks(question: &Question, text: &str, usage: &Value) -> BoxStream<'static, Result<Bytes, Broken>> {
    let created = question.asked.as_seconds();
    let chunk = |delta: Value, finish_reason: Option<&str>| {
        json!({
            "id": "", "object": "chat.completion.chunk", "created": created, "model": MODEL, "provider": PROVIDER,
            "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }],
        })
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), None)];
    events.extend(text.split_inclusive(' ').map(|word| chunk(json!({ "content": word }), None)));
    events.push(chunk(json!({}), Some("stop")));
    let mut last = chunk(json!({}), None);
    last["choices"] = json!([]);
    last["usage"] = usage.clone();
    events.push(last);
    let events = events.into_iter().map(|event| event.to_string()).chain(["[DONE]".to_owned()]);
    let pause = question.pause;
    stream::iter(events.enumerate().collect::<Vec<_>>())
        .then(move |(position, event)| async move {
            if position > 0 && !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            Ok(Bytes::from(format!("data: {event}\n\n")))
        })
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(streaming: bool) -> Question {
        let asked = UnixNanos(1_788_612_885_000_000_000);
        Question { text: "Who are you?".to_owned(), bytes: 100, streaming, asked, pause: Duration::ZERO }
    }

    async fn body(question: &Question) -> String {
        let pieces: Vec<_> = answer(question).body.collect().await;
        pieces.into_iter().map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap()).collect()
    }

    #[tokio::test]
    async fn the_same_question_gets_the_same_answer() {
        assert_eq!(body(&question(false)).await, body(&question(false)).await);
        let answer: Value = serde_json::from_str(&body(&question(false)).await).unwrap();
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(text.contains("demo/echo") && text.ends_with("You said: Who are you?"));
        assert_eq!(answer["usage"]["prompt_tokens"], 25);
        assert_eq!(answer["model"], MODEL);
    }

    #[tokio::test]
    async fn a_stream_holds_the_same_words_and_ends_with_usage() {
        let body = body(&question(true)).await;
        let events: Vec<&str> = body.split("\n\n").filter(|event| !event.is_empty()).collect();
        assert_eq!(events.last(), Some(&"data: [DONE]"));
        let chunks: Vec<Value> =
            events[..events.len() - 1].iter().map(|event| serde_json::from_str(&event[6..]).unwrap()).collect();
        let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert!(text.ends_with("You said: Who are you?"));
        assert!(chunks.last().unwrap()["usage"]["cost"].as_f64().unwrap() > 0.0);
    }

    #[test]
    fn a_long_question_is_echoed_in_part() {
        let words = words(&"ä".repeat(5_000));
        assert!(words.ends_with('…') && words.chars().count() < 2_200);
    }
}
