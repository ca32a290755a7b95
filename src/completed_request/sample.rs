//! A completed request and its content for tests: small, answered, without metadata.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::content::Content;
use super::context::Caller;
use super::{
    CompletedRequest, Cost, Ending, GenerationId, Operation, Parameters, ResponseFacts, Times, TraceContext, Usage,
};
use crate::clock::UnixNanos;
use crate::completion::{Choice, FinishReason};
use crate::openai::content::{ChatParts, of_chat};

const MS: u64 = 1_000_000;
/// 2026-09-05T08:14:45Z, in nanoseconds.
pub(crate) const RECEIVED: UnixNanos = UnixNanos(1_788_596_085 * 1000 * MS);

/// So many milliseconds after [`RECEIVED`].
pub(crate) fn after(milliseconds: u64) -> UnixNanos {
    UnixNanos(RECEIVED.0 + milliseconds * MS)
}

/// Answered in 1,250 ms, of which the upstream took 1,200.
pub(crate) fn request() -> CompletedRequest<'static> {
    CompletedRequest {
        id: GenerationId::given("gen-1788612885-hFm6Av9rEF3NMfxjJXWk"),
        operation: Operation::Chat,
        route: "/api/v1/chat/completions".into(),
        times: Times {
            received: RECEIVED,
            answered: after(1_250),
            upstream_begun: Some(after(20)),
            first_chunk: None,
            upstream_ended: Some(after(1_220)),
        },
        status: 200,
        ending: Ending::Completed,
        streaming: false,
        api_key: None,
        api_key_name: None,
        api_key_member: None,
        context: TraceContext::default(),
        request_model: "openai/gpt-4o".into(),
        parameters: Parameters::default(),
        response: ResponseFacts {
            provider: Some("openai".into()),
            routed_to: None,
            model: Some("gpt-4o-2024-08-06".into()),
            id: Some("chatcmpl-AbC123".into()),
            finish_reasons: vec!["stop".into()],
            native_finish_reason: None,
            dimensions: None,
            unread: Vec::new(),
        },
        usage: Usage { input: Some(12), output: Some(5), total: Some(17), ..Usage::default() },
        cost: Cost { total: Some(0.000_08), input: Some(0.000_03), output: Some(0.000_05), ..Cost::default() },
        failed_attempts: Vec::new(),
        refused: None,
    }
}

/// The caller's identifiers and metadata, from the body's `user`, `session_id` and `trace`.
pub(crate) fn context(user: &str, session_id: &str, trace: &Value) -> TraceContext<'static> {
    let (user, session_id, trace) = (raw(&json!(user)), raw(&json!(session_id)), raw(trace));
    let caller = Caller { user: Some(&user), session_id: Some(&session_id), trace: Some(&trace), ..Caller::default() };
    TraceContext::from_caller(&caller).unwrap()
}

/// Content of a request with these `messages` and `tools` (or null).
pub(crate) fn content(messages: &Value, tools: &Value, answer: &[Choice]) -> Content {
    let (messages, tools) = (raw(messages), raw(tools));
    of_chat(ChatParts { messages: Some(&messages), tools: Some(&tools) }, answer)
}

/// A question and its answer.
pub(crate) fn small_content() -> Content {
    let messages = json!([{ "role": "user", "content": "What is the capital of France?" }]);
    content(&messages, &Value::Null, &[answer("Paris.")])
}

/// One choice that says `text`.
pub(crate) fn answer(text: &str) -> Choice {
    Choice {
        role: Some("assistant".into()),
        text: text.into(),
        finish_reason: Some(FinishReason::Stop),
        ..Choice::default()
    }
}

fn raw(json: &Value) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).unwrap()
}
