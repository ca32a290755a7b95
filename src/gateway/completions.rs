//! OpenAI's older `/completions`.

use serde_json::json;

use super::echo::{self, Asking, EchoAnswer};
use super::protocol::{Additions, FailedStream, Protocol, Request};
use super::rewrite;
use crate::completed_request::Operation;
use crate::completed_request::content::Content;
use crate::completion::Completion;
use crate::json::{self, Members};
use crate::openai::{self, CallerHeaders, Invalid, RequestFacts, completions, fields};

/// `POST /completions`
#[derive(Debug)]
pub struct Completions;

impl Protocol for Completions {
    fn path(&self) -> &'static str {
        "/completions"
    }

    fn operation(&self) -> Operation {
        Operation::TextCompletion
    }

    fn has_stream_options(&self) -> bool {
        true
    }

    fn read<'a>(&self, body: &'a str, headers: &CallerHeaders) -> Result<Request<'a>, Invalid> {
        let members = fields::members(body, completions::EXAMPLE)?;
        Ok(Request { facts: completions::facts(&members, headers)?, members })
    }

    fn read_refused(&self, body: &[u8], headers: &CallerHeaders) -> RequestFacts {
        completions::facts_of_refused(&Members::of(&json::lossy(body)).unwrap_or_default(), headers)
    }

    fn answer_member(&self) -> &'static str {
        "choices"
    }

    /// The choices have a `text` where those of chat completions have a message.
    fn learn(&self, completion: &mut Completion, _event: &str, answer: &Members<'_>) {
        openai::learn(completion, answer);
    }

    fn rewritten(&self, _event: &str, answer: &Members<'_>, additions: &Additions<'_>) -> Option<String> {
        Some(rewrite::answer(answer, self.answer_member(), additions))
    }

    fn closing(&self) -> &'static str {
        "data: [DONE]\n\n"
    }

    fn empty_choice(&self) -> &'static str {
        r#"{"index":0,"text":"","finish_reason":null}"#
    }

    fn error_event(&self, failed: &FailedStream<'_>) -> String {
        let chunk = json!({
            "id": failed.id.as_str(), "object": "text_completion", "created": failed.now.as_seconds(),
            "model": failed.model, "provider": failed.provider,
            "error": { "code": failed.failure.status, "message": failed.failure.message },
            "choices": [{ "index": 0, "text": "", "finish_reason": "error" }],
        });
        format!("data: {chunk}\n\n")
    }

    fn echo(&self, body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
        echo::completions::answer(body, asking)
    }

    fn content(&self, request: &str, completion: &Completion) -> Content {
        completions::of_body(request, &completion.choices)
    }
}
