//! Anthropic's `/messages`, and the count of their tokens.

use serde_json::{Value, json};

use super::echo::{self, Asking, EchoAnswer};
use super::failure::Failure;
use super::protocol::{Additions, Api, FailedStream, Protocol, Request};
use crate::anthropic::{self, Question};
use crate::completed_request::content::Content;
use crate::completion::Completion;
use crate::json::{self, Members};
use crate::openai::{CallerHeaders, Invalid, RequestFacts, fields};

/// `POST /messages`
///
/// Answers and events pass untouched: their id and their counts mean something to Anthropic's clients.
#[derive(Debug)]
pub struct Messages;

impl Protocol for Messages {
    fn path(&self) -> &'static str {
        "/messages"
    }

    fn api(&self) -> Api {
        Api::Anthropic
    }

    /// `user` is ours in this protocol, and Anthropic refuses fields that it does not know.
    fn own_members(&self) -> &'static [&'static str] {
        &["trace", "session_id", "models", "user"]
    }

    fn read<'a>(&self, body: &'a str, headers: &CallerHeaders) -> Result<Request<'a>, Invalid> {
        read(body, headers, Question::Answer)
    }

    fn read_refused(&self, body: &[u8], headers: &CallerHeaders) -> RequestFacts {
        anthropic::facts_of_refused(&Members::of(&json::lossy(body)).unwrap_or_default(), headers)
    }

    fn answer_member(&self) -> &'static str {
        "content"
    }

    fn learn(&self, completion: &mut Completion, _event: &str, answer: &Members<'_>) {
        anthropic::learn(completion, answer);
    }

    fn rewritten(&self, _event: &str, _answer: &Members<'_>, _additions: &Additions<'_>) -> Option<String> {
        None
    }

    fn begins_answer(&self, _event: &str, data: &Members<'_>) -> bool {
        anthropic::begins_answer(data)
    }

    fn ends_stream(&self, _event: &str, data: &Members<'_>) -> bool {
        anthropic::ends_stream(data)
    }

    fn closing(&self) -> &'static str {
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
    }

    fn error_body(&self, failure: &Failure) -> String {
        error(failure).to_string()
    }

    fn error_event(&self, failed: &FailedStream<'_>) -> String {
        let mut error = error(failed.failure);
        error["request_id"] = failed.id.as_str().into();
        format!("event: error\ndata: {error}\n\n")
    }

    fn echo(&self, body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
        echo::messages::answer(body, asking)
    }

    fn content(&self, request: &str, completion: &Completion) -> Content {
        anthropic::of_body(request, &completion.choices)
    }
}

/// `POST /messages/count_tokens`: asks no model, and is not recorded.
#[derive(Debug)]
pub struct CountTokens;

impl Protocol for CountTokens {
    fn path(&self) -> &'static str {
        "/messages/count_tokens"
    }

    fn api(&self) -> Api {
        Api::Anthropic
    }

    fn is_recorded(&self) -> bool {
        false
    }

    fn own_members(&self) -> &'static [&'static str] {
        Messages.own_members()
    }

    fn read<'a>(&self, body: &'a str, headers: &CallerHeaders) -> Result<Request<'a>, Invalid> {
        read(body, headers, Question::TokenCount)
    }

    fn answer_member(&self) -> &'static str {
        "input_tokens"
    }

    fn learn(&self, _completion: &mut Completion, _event: &str, _answer: &Members<'_>) {}

    fn rewritten(&self, _event: &str, _answer: &Members<'_>, _additions: &Additions<'_>) -> Option<String> {
        None
    }

    fn error_body(&self, failure: &Failure) -> String {
        error(failure).to_string()
    }

    fn error_event(&self, failed: &FailedStream<'_>) -> String {
        Messages.error_event(failed)
    }

    fn echo(&self, _body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
        echo::messages::count_tokens(asking)
    }

    fn content(&self, _request: &str, _completion: &Completion) -> Content {
        Content::default()
    }
}

fn read<'a>(body: &'a str, headers: &CallerHeaders, question: Question) -> Result<Request<'a>, Invalid> {
    let members = fields::members(body, anthropic::EXAMPLE)?;
    let facts = anthropic::facts(&members, headers, question)?;
    Ok(Request { facts, members })
}

fn error(failure: &Failure) -> Value {
    let kind = if matches!(failure.status, 503 | 529) { "overloaded_error" } else { "api_error" };
    json!({ "type": "error", "error": { "type": kind, "message": failure.message } })
}
