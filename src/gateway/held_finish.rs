//! The usage of a stream whose caller did not ask for it rides on the last chunk that has choices (spec 8.3): a thousand loops
//! read `choices[0]` of every chunk and fail at the one that OpenAI sends for usage alone.

use std::future::Future;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use super::protocol::Protocol;
use super::sse;
use crate::json::{Members, ObjectWriter, Text};

/// How long a chunk waits for its usage. Servers send it right behind; one that leaves its connection open sends nothing more.
const PATIENCE: Duration = Duration::from_millis(500);

/// Holds a chunk with a finish reason until the next event, which may bring the usage.
#[derive(Debug)]
pub(super) struct HeldFinish {
    /// Whether the usage was asked for by the gateway alone. Otherwise nothing is held.
    usage_is_ours: bool,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    /// The event as it came.
    event: String,
    /// Its data as the caller gets it.
    data: String,
    due: Instant,
}

impl HeldFinish {
    pub(super) fn new(usage_is_ours: bool) -> Self {
        Self { usage_is_ours, held: None }
    }

    /// Waits for `next`, but no longer than the chunk that is held may wait. None: it must go now.
    pub(super) async fn before_it_is_due<T>(&self, next: impl Future<Output = T>) -> Option<T> {
        match &self.held {
            Some(held) => timeout_at(held.due, next).await.ok(),
            None => Some(next.await),
        }
    }

    /// Lets go of what is held.
    pub(super) fn release(&mut self, out: &mut Vec<u8>) {
        if let Some(Held { event, data, .. }) = self.held.take() {
            sse::write(&event, &data, out);
        }
    }

    /// Takes an event, its data as it came and as the caller gets it, and passes on what need not wait.
    pub(super) fn pass(
        &mut self,
        protocol: &dyn Protocol,
        event: &str,
        came: &Members<'_>,
        data: String,
        out: &mut Vec<u8>,
    ) {
        if self.usage_is_ours && is_usage_only(came) {
            return self.pass_usage(protocol, event, &data, out);
        }
        self.release(out);
        if self.usage_is_ours && has_finish_reason(came) {
            self.held = Some(Held { event: event.to_owned(), data, due: Instant::now() + PATIENCE });
        } else {
            sse::write(event, &data, out);
        }
    }

    fn pass_usage(&mut self, protocol: &dyn Protocol, event: &str, usage: &str, out: &mut Vec<u8>) {
        match self.held.take() {
            Some(Held { event, data, .. }) => sse::write(&event, &with_usage(&data, usage), out),
            None => sse::write(event, &with_choice(usage, protocol.empty_choice()), out),
        }
    }
}

fn is_usage_only(chunk: &Members<'_>) -> bool {
    chunk.get("usage").is_some() && chunk.read::<Vec<&RawValue>>("choices").is_none_or(|choices| choices.is_empty())
}

fn has_finish_reason(chunk: &Members<'_>) -> bool {
    let choices = chunk.read::<Vec<Members<'_>>>("choices").unwrap_or_default();
    choices.iter().any(|choice| choice.read::<Text<'_>>("finish_reason").is_some_and(|reason| !reason.is_empty()))
}

/// The last chunk with the members of the usage chunk that it has not. Of both usages, what the later one says counts.
fn with_usage(last: &str, usage: &str) -> String {
    let (last, usage) = (Members::of(last).unwrap_or_default(), Members::of(usage).unwrap_or_default());
    let counts = [&last, &usage].map(|chunk| chunk.read::<Members<'_>>("usage").unwrap_or_default());
    let counts = joined(&counts[0], &counts[1]);
    let mut writer = ObjectWriter::with_capacity(1024);
    for (key, value) in last.iter().filter(|(key, _)| *key != "usage") {
        writer.raw(key, value);
    }
    for (key, value) in usage.iter().filter(|(key, _)| *key != "usage" && !last.contains(key)) {
        writer.raw(key, value);
    }
    writer.raw("usage", &counts);
    writer.finish()
}

/// The members of both objects, where both have one the later one's, unless it is `null`.
fn joined(earlier: &Members<'_>, later: &Members<'_>) -> String {
    let mut writer = ObjectWriter::with_capacity(512);
    for (key, value) in earlier.iter().filter(|(key, _)| later.get(key).is_none()) {
        writer.raw(key, value);
    }
    for (key, value) in later.iter().filter(|(key, _)| later.get(key).is_some() || !earlier.contains(key)) {
        writer.raw(key, value);
    }
    writer.finish()
}

/// A usage chunk whose last chunk has gone: with a choice that says nothing.
fn with_choice(usage: &str, choice: &str) -> String {
    let usage = Members::of(usage).unwrap_or_default();
    let mut writer = ObjectWriter::with_capacity(1024);
    for (key, value) in usage.iter().filter(|(key, _)| *key != "choices") {
        writer.raw(key, value);
    }
    writer.raw("choices", &format!("[{choice}]"));
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::super::chat_completions::ChatCompletions;
    use super::*;

    const FINISH: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    const OTHER_FINISH: &str = r#"{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}"#;
    const WORD: &str = r#"{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}"#;
    const USAGE: &str = r#"{"choices":[],"usage":{"n":1},"timings":2}"#;

    /// What the caller has after each event.
    fn passed(usage_is_ours: bool, events: &[&str]) -> Vec<String> {
        let (mut held, mut out) = (HeldFinish::new(usage_is_ours), Vec::new());
        let mut seen = Vec::new();
        for data in events {
            let event = format!("data: {data}\n\n");
            held.pass(&ChatCompletions, &event, &Members::of(data).unwrap(), (*data).to_owned(), &mut out);
            seen.push(String::from_utf8(std::mem::take(&mut out)).unwrap());
        }
        held.release(&mut out);
        seen.push(String::from_utf8(out).unwrap());
        seen
    }

    fn event(data: &str) -> String {
        format!("data: {data}\n\n")
    }

    #[test]
    fn usage_rides_on_the_last_chunk() {
        let both = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"timings":2,"usage":{"n":1}}"#;
        assert_eq!(passed(true, &[WORD, FINISH, USAGE]), [event(WORD), String::new(), event(both), String::new()]);
    }

    #[test]
    fn nothing_is_held_for_a_caller_that_asked_for_usage() {
        let events = [FINISH, USAGE];
        assert_eq!(passed(false, &events)[..2], events.map(event));
    }

    #[test]
    fn every_finish_reason_passes_once_and_in_order() {
        let both = r#"{"choices":[{"index":1,"delta":{},"finish_reason":"length"}],"timings":2,"usage":{"n":1}}"#;
        let seen = passed(true, &[FINISH, OTHER_FINISH, USAGE]);
        assert_eq!(seen, [String::new(), event(FINISH), event(both), String::new()]);
        assert_eq!(passed(true, &[FINISH, WORD]), [String::new(), event(FINISH) + event(WORD).as_str(), String::new()]);
        assert_eq!(passed(true, &[FINISH]), [String::new(), event(FINISH)], "the end lets it go");
    }

    #[test]
    fn usage_without_a_last_chunk_gets_a_choice_that_says_nothing() {
        let alone = r#"{"usage":{"n":1},"timings":2,"choices":[{"index":0,"delta":{},"finish_reason":null}]}"#;
        assert_eq!(passed(true, &[FINISH, WORD, USAGE])[2], event(alone));
    }

    #[test]
    fn usage_that_says_nothing_does_not_hide_what_was_said() {
        let last = r#"{"choices":[{"finish_reason":"stop"}],"usage":{"n":1,"m":2}}"#;
        let seen = passed(true, &[last, r#"{"choices":[],"usage":{"m":3,"n":null}}"#]);
        assert_eq!(seen[1], event(r#"{"choices":[{"finish_reason":"stop"}],"usage":{"n":1,"m":3}}"#));
        let seen = passed(true, &[last, r#"{"choices":[],"usage":{}}"#]);
        assert_eq!(seen[1], event(last));
    }
}
