//! Protocols: what differs between the ways in which callers ask a model. The exchange, the model servers and the stream of
//! events are the same for all. A further protocol is one file beside `chat_completions.rs` and one row of the API's table.

use std::fmt;

use serde_json::json;

use super::echo::{Asking, EchoAnswer};
use super::failure::Failure;
use crate::clock::UnixNanos;
use crate::completed_request::content::Content;
use crate::completed_request::{GenerationId, Operation};
use crate::completion::Completion;
pub(super) use crate::config::Api;
use crate::json::Members;
use crate::openai::{CallerHeaders, Invalid, RequestFacts};

/// A body that passed all checks.
#[derive(Debug)]
pub struct Request<'a> {
    /// What is recorded of it.
    pub facts: RequestFacts,
    /// The caller's members in their order and bytes.
    pub members: Members<'a>,
}

/// What the gateway writes into answers and events.
#[derive(Debug)]
pub struct Additions<'a> {
    pub id: &'a GenerationId,
    /// In USD, where it is known.
    pub cost: Option<f64>,
    /// The provider, for callers that expect its name in an answer.
    pub provider: Option<&'a str>,
    /// Whether a `usage` of `null` is left out: OpenRouter's SDK breaks off a stream at the first that it did not ask for.
    pub hides_null_usage: bool,
}

/// A stream that failed, for its last event.
#[derive(Debug)]
pub struct FailedStream<'a> {
    pub id: &'a GenerationId,
    pub now: UnixNanos,
    /// The model that answered, else the one that was asked for.
    pub model: &'a str,
    pub provider: &'a str,
    pub failure: &'a Failure,
}

/// A way of asking a model. It has no state: an exchange holds a `&'static dyn Protocol`.
///
/// `event` is the value of the field `event:` of a server-sent event. It is empty where the event has none, and for an
/// answer that came whole.
pub trait Protocol: fmt::Debug + Sync {
    /// The path below a base: ours, and the model server's.
    fn path(&self) -> &'static str;

    /// Whose API a model server must speak to be asked.
    fn api(&self) -> Api {
        Api::OpenAi
    }

    fn operation(&self) -> Operation {
        Operation::Chat
    }

    /// Whether requests become completed requests.
    fn is_recorded(&self) -> bool {
        true
    }

    /// Members that are for the gateway, and that no model server gets (spec 3.4, 8.5). `user` is OpenAI's own and passes.
    fn own_members(&self) -> &'static [&'static str] {
        &["trace", "session_id", "models"]
    }

    /// Whether a stream reports its usage only when `stream_options` asks it to.
    fn has_stream_options(&self) -> bool {
        false
    }

    /// Checks the fields that are known. Others are the model server's business.
    ///
    /// # Errors
    /// What is wrong, and where.
    fn read<'a>(&self, body: &'a str, headers: &CallerHeaders) -> Result<Request<'a>, Invalid>;

    /// What can be read of a body that was refused, so that its trace still has the caller's ids.
    fn read_refused(&self, body: &[u8], headers: &CallerHeaders) -> RequestFacts {
        RequestFacts::of_refused(body, headers)
    }

    /// The member that every answer has and no error, for example `choices`.
    fn answer_member(&self) -> &'static str;

    /// Learns from an event or a whole answer.
    fn learn(&self, completion: &mut Completion, event: &str, answer: &Members<'_>);

    /// The event's data or the whole answer as the caller gets it. None: unchanged, byte by byte.
    fn rewritten(&self, event: &str, answer: &Members<'_>, additions: &Additions<'_>) -> Option<String>;

    /// Whether an event brings the first of the model's words, or may bring them.
    fn begins_answer(&self, event: &str, data: &Members<'_>) -> bool {
        let _ = (event, data);
        true
    }

    /// Whether an event is the last of its stream. `data: [DONE]` is, in every protocol.
    fn ends_stream(&self, event: &str, data: &Members<'_>) -> bool {
        let _ = (event, data);
        false
    }

    /// What a stream that ended well must end with, as it is written. Empty: its last event is enough.
    fn closing(&self) -> &'static str {
        ""
    }

    /// A choice of a chunk that says nothing, for protocols with `stream_options`.
    fn empty_choice(&self) -> &'static str {
        r#"{"index":0,"delta":{},"finish_reason":null}"#
    }

    /// The body of an error whose status has gone to the caller as a success.
    fn error_body(&self, failure: &Failure) -> String {
        json!({ "error": { "code": failure.status, "message": failure.message } }).to_string()
    }

    /// The last event of a stream that failed, as it is written, with the empty line behind it.
    fn error_event(&self, failed: &FailedStream<'_>) -> String;

    /// The built-in model's answer to a body that passed all checks.
    fn echo(&self, body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
        let _ = (body, asking);
        EchoAnswer::speaks_no_other(self.path())
    }

    /// What is recorded of the words on both sides. `request` is the caller's body; it may be no valid one.
    fn content(&self, request: &str, completion: &Completion) -> Content;
}
