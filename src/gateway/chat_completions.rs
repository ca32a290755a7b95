//! OpenAI's chat completions.

use serde_json::json;

use super::echo::{self, Asking, EchoAnswer};
use super::protocol::{Additions, FailedStream, Protocol, Request};
use super::rewrite;
use crate::completed_request::content::Content;
use crate::completion::Completion;
use crate::json::Members;
use crate::openai::{self, CallerHeaders, ChatRequest, Invalid, content};

/// `POST /chat/completions`
#[derive(Debug)]
pub struct ChatCompletions;

impl Protocol for ChatCompletions {
    fn path(&self) -> &'static str {
        "/chat/completions"
    }

    fn has_stream_options(&self) -> bool {
        true
    }

    fn read<'a>(&self, body: &'a str, headers: &CallerHeaders) -> Result<Request<'a>, Invalid> {
        let ChatRequest { facts, members } = ChatRequest::parse(body, headers)?;
        Ok(Request { facts, members })
    }

    fn answer_member(&self) -> &'static str {
        "choices"
    }

    fn learn(&self, completion: &mut Completion, _event: &str, answer: &Members<'_>) {
        openai::learn(completion, answer);
    }

    fn rewritten(&self, _event: &str, answer: &Members<'_>, additions: &Additions<'_>) -> Option<String> {
        Some(rewrite::answer(answer, self.answer_member(), additions))
    }

    fn closing(&self) -> &'static str {
        "data: [DONE]\n\n"
    }

    /// A chunk with `error` and the finish reason `error` (spec 3.4).
    fn error_event(&self, failed: &FailedStream<'_>) -> String {
        let chunk = json!({
            "id": failed.id.as_str(), "object": "chat.completion.chunk", "created": failed.now.as_seconds(),
            "model": failed.model, "provider": failed.provider,
            "error": { "code": failed.failure.status, "message": failed.failure.message },
            "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "error" }],
        });
        format!("data: {chunk}\n\n")
    }

    fn echo(&self, body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
        echo::chat::answer(body, asking)
    }

    fn content(&self, request: &str, completion: &Completion) -> Content {
        content::of_body(request, &completion.choices)
    }
}
