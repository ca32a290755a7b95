//! OpenAI's `/embeddings`.

use super::echo::{self, Asking, EchoAnswer};
use super::protocol::{Additions, FailedStream, Protocol, Request};
use super::rewrite;
use crate::completed_request::Operation;
use crate::completed_request::content::Content;
use crate::completion::Completion;
use crate::json::{self, Members};
use crate::openai::{CallerHeaders, Invalid, RequestFacts, embeddings, fields};

/// `POST /embeddings`
#[derive(Debug)]
pub struct Embeddings;

impl Protocol for Embeddings {
    fn path(&self) -> &'static str {
        "/embeddings"
    }

    fn operation(&self) -> Operation {
        Operation::Embeddings
    }

    fn read<'a>(&self, body: &'a str, headers: &CallerHeaders) -> Result<Request<'a>, Invalid> {
        let members = fields::members(body, embeddings::EXAMPLE)?;
        Ok(Request { facts: embeddings::facts(&members, headers)?, members })
    }

    fn read_refused(&self, body: &[u8], headers: &CallerHeaders) -> RequestFacts {
        embeddings::facts_of_refused(&Members::of(&json::lossy(body)).unwrap_or_default(), headers)
    }

    fn answer_member(&self) -> &'static str {
        "data"
    }

    fn learn(&self, completion: &mut Completion, _event: &str, answer: &Members<'_>) {
        embeddings::learn(completion, answer);
    }

    fn rewritten(&self, _event: &str, answer: &Members<'_>, additions: &Additions<'_>) -> Option<String> {
        let additions = Additions { provider: None, ..*additions };
        Some(rewrite::answer(answer, self.answer_member(), &additions))
    }

    /// Embeddings are not streamed. A server that sends events in their place gets no further than this one.
    fn error_event(&self, failed: &FailedStream<'_>) -> String {
        format!("data: {}\n\n", self.error_body(failed.failure))
    }

    fn echo(&self, body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
        echo::embeddings::answer(body, asking)
    }

    fn content(&self, request: &str, _completion: &Completion) -> Content {
        embeddings::of_body(request)
    }
}
