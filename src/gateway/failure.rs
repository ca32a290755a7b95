//! Failures of a request: the words for the caller and the words for the record.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::body_kind::{BodyKind, Look, look};
use super::upstream_headers::PassedHeaders;
use crate::completed_request::Ending;
use crate::completion::ErrorWords;
use crate::json::Text;
use crate::openai::Invalid;
use crate::state::bodies::Full;
use crate::state::rate_limits::TooOften;

/// Seconds after which a caller may come again that found no memory free: about as long as a large body takes to
/// arrive.
const NO_ROOM_PAUSE: u64 = 5;

/// A request that gets no answer of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The HTTP status for the caller.
    pub status: u16,
    /// A low-cardinality word for `error.type`: an upstream's HTTP status as text, `timeout`, `connection_error`, ….
    pub kind: Cow<'static, str>,
    /// A sentence for the caller; may repeat words of the caller or of the upstream.
    pub message: String,
    /// A sentence for the record, free of prompt and completion; the caller's sentence goes beside it as detail.
    pub summary: Cow<'static, str>,
    /// Details for the caller's program.
    pub metadata: Option<Value>,
    /// The headers that say when to come again, as the upstream gave them.
    pub headers: PassedHeaders,
}

impl Failure {
    fn new(status: u16, kind: &'static str, summary: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: Cow::Borrowed(kind),
            message: message.into(),
            summary: Cow::Borrowed(summary),
            metadata: None,
            headers: PassedHeaders::default(),
        }
    }

    /// The body is not what the API takes.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", "The request was refused because its body was not valid.", message)
    }

    /// The key is valid, but not for asking models.
    pub fn wrong_key() -> Self {
        const MESSAGE: &str = "Management keys cannot ask models. Use an inference key from Settings › API keys.";
        const SUMMARY: &str = "The request was refused because its key cannot ask models.";
        Self::new(403, "wrong_key", SUMMARY, MESSAGE)
    }

    /// The key, or its address, sends more than it may.
    pub fn too_often(TooOften(wait): TooOften) -> Self {
        const MESSAGE: &str = "Too many requests. Wait as long as the header Retry-After says, then send it again.";
        const SUMMARY: &str = "The request was refused because its key sends too many.";
        let seconds = wait.as_secs() + 1;
        Self { headers: PassedHeaders::retry_after(seconds), ..Self::new(429, "rate_limited", SUMMARY, MESSAGE) }
    }

    /// The body is longer than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let message =
            format!("The body is larger than {} MiB. Send a shorter conversation or smaller images.", limit >> 20);
        Self::new(413, "payload_too_large", "The request was refused because its body was too large.", message)
    }

    /// The body did not arrive in time.
    pub fn body_too_slow() -> Self {
        const MESSAGE: &str = "The body did not arrive within 30 seconds. Send it again.";
        Self::new(408, "request_timeout", "The request was given up because its body did not arrive in time.", MESSAGE)
    }

    /// No memory is free for the body now.
    pub fn no_room(full: Full) -> Self {
        const SUMMARY: &str = "The request was given up because there was no memory for it.";
        const SHARE: &str = "The requests of this key or its account that are under way fill their share of this server's \
                             memory. Send it again when some of them have ended.";
        const SERVER: &str = "This server's memory for requests is full. Send it again in a few seconds.";
        let message = match full {
            Full::Share => SHARE,
            Full::Server => SERVER,
        };
        Self { headers: PassedHeaders::retry_after(NO_ROOM_PAUSE), ..Self::new(503, "no_room", SUMMARY, message) }
    }

    /// The body's chunks are malformed.
    pub fn broken_encoding() -> Self {
        Self::invalid_request(
            "The chunks of the body are malformed. Send it again, in chunks that are well or with its length.",
        )
    }

    /// The body is not JSON by its own headers.
    pub fn unsupported_media_type() -> Self {
        const MESSAGE: &str =
            "The body must be JSON, not compressed. Send the header `Content-Type: application/json`.";
        Self::new(415, "unsupported_media_type", "The request was refused because its body was not JSON.", MESSAGE)
    }

    /// The body is announced in another encoding than UTF-8.
    pub fn wrong_charset() -> Self {
        Self::invalid_request("The body must be UTF-8. Encode it so, and leave `charset` out of the content type.")
    }

    /// No model server answers for the model.
    pub(super) fn no_such_model(model: &str) -> Self {
        const SUMMARY: &str = "No model server serves the model that was asked for.";
        const LIST: &str = "GET /api/v1/models lists the models that there are.";
        let what = match model {
            "" => "The request names no model, and no model server here takes such requests.".to_owned(),
            model => format!("No model server here serves the model `{model}`."),
        };
        Self::new(404, "model_not_found", SUMMARY, format!("{what} {LIST}"))
    }

    /// The model's server speaks another API than that of `path`.
    pub(super) fn other_api(path: &str) -> Self {
        const SUMMARY: &str = "The model server of the model that was asked for does not speak this API.";
        let message = format!("The model server of this model does not speak {path}.");
        Self::new(404, "other_api", SUMMARY, message)
    }

    /// No connection to the upstream, or none that lasted until an answer began.
    pub(super) fn connection_error() -> Self {
        const MESSAGE: &str =
            "The model server behind this gateway could not be reached. Try again; if it goes on, tell your operator.";
        Self::new(502, "connection_error", "The upstream could not be reached.", MESSAGE)
    }

    /// The upstream did not answer in time.
    pub(super) fn timeout() -> Self {
        const MESSAGE: &str =
            "The model server behind this gateway did not answer in time. Try again, or ask for a shorter answer.";
        Self::new(504, "timeout", "The upstream did not answer in time.", MESSAGE)
    }

    /// The upstream's answer broke off.
    pub(super) fn interrupted() -> Self {
        const MESSAGE: &str = "The model server's answer broke off before its end. Send the request again.";
        Self::new(502, "stream_interrupted", "The upstream's answer broke off before its end.", MESSAGE)
    }

    /// The upstream's answer is too large to be read.
    pub(super) fn answer_too_large() -> Self {
        const MESSAGE: &str = "The model server's answer was too large to pass on. Ask for less, or stream it.";
        Self::new(502, "answer_too_large", "The upstream's answer was too large.", MESSAGE)
    }

    /// The upstream's answer to the question for its models is no list.
    pub(super) fn lists_no_models() -> Self {
        const MESSAGE: &str = "The model server behind this gateway lists no models. Ask it for one by its name.";
        Self::new(502, "no_model_list", "The upstream lists no models.", MESSAGE)
    }

    /// The upstream's answer is compressed in a way that nobody asked for and that cannot be read.
    pub(super) fn unreadable_encoding() -> Self {
        const MESSAGE: &str = "The model server's answer is compressed in a way that this gateway cannot read: it takes gzip \
                               and deflate. Tell your operator.";
        Self::new(502, "unreadable_encoding", "The upstream's answer was compressed and could not be read.", MESSAGE)
    }

    /// The upstream answered with a status of success and a body that is no answer.
    pub(super) fn no_answer(body: &[u8]) -> Self {
        let words = ErrorWords::of_body(body);
        let kind = kind_of(&words);
        if let Some(message) = words.message {
            const SUMMARY: &str = "The upstream answered with an error under a status of success.";
            let mut failure = Self::new(502, "upstream_error", SUMMARY, message);
            failure.kind = kind.unwrap_or(failure.kind);
            return failure;
        }
        match look(body, true) {
            Look::Blank => Self::empty_answer(),
            Look::Known(BodyKind::Page) => Self::web_page(),
            Look::Unclear | Look::Known(_) => Self::not_understood(),
        }
    }

    pub(super) fn empty_answer() -> Self {
        const MESSAGE: &str =
            "The model server's answer was empty. Send the request again; if it goes on, tell your operator.";
        Self::new(502, "empty_answer", "The upstream's answer was empty.", MESSAGE)
    }

    fn web_page() -> Self {
        const MESSAGE: &str = "A web page came from the model server's address, where a model's answer was expected. Tell \
                               your operator.";
        Self::new(502, "web_page", "The upstream answered with a web page.", MESSAGE)
    }

    /// Neither an answer nor anything else that is known.
    pub(super) fn not_understood() -> Self {
        const MESSAGE: &str = "What the model server answered is no answer of a model. Tell your operator.";
        Self::new(502, "no_answer", "The upstream's answer was none of a model.", MESSAGE)
    }

    /// The upstream answered with an error status.
    pub(super) fn answered(status: u16, body: &[u8], headers: PassedHeaders) -> Self {
        let words = ErrorWords::of_body(body);
        let metadata = metadata(status, &words);
        let (status, message) = match status {
            // The upstream refused the gateway's own key; the caller's is fine.
            401 => (502, "The model server refused this gateway's own key. Tell your operator.".to_owned()),
            300..=399 | 600.. => {
                (502, format!("The model server answered {status}, which is no answer to a question."))
            }
            _ => (status, words.message.unwrap_or_else(|| format!("The model server answered {status}."))),
        };
        Self {
            status,
            kind: Cow::Owned(metadata["status"].to_string()),
            message,
            summary: Cow::Owned(format!("The upstream answered {}.", metadata["status"])),
            metadata: Some(json!({ "upstream": metadata })),
            headers,
        }
    }

    /// The upstream knows no such path, and answered so.
    pub(super) fn not_spoken(status: u16, path: &str) -> Self {
        Self {
            kind: Cow::Owned(status.to_string()),
            summary: Cow::Owned(format!("The upstream does not speak {path}.")),
            metadata: Some(json!({ "upstream": { "status": status } })),
            ..Self::new(404, "", "", format!("The model server of this model does not speak {path}."))
        }
    }

    /// The upstream reported an error inside its stream.
    pub(super) fn in_stream(words: &ErrorWords) -> Self {
        const SUMMARY: &str = "The upstream reported an error in the middle of its answer.";
        let message = words.message.as_deref().unwrap_or("The model server failed in the middle of its answer.");
        let mut failure = Self::new(502, "upstream_error", SUMMARY, message);
        failure.kind = kind_of(words).unwrap_or(failure.kind);
        failure
    }

    pub(super) fn ending(&self) -> Ending<'static> {
        Ending::Failed {
            kind: Text(self.kind.clone()),
            message: Text(self.summary.clone()),
            detail: (self.message != self.summary).then(|| Text::from(self.message.clone())),
        }
    }
}

/// The status that an error names, as a kind.
fn kind_of(words: &ErrorWords) -> Option<Cow<'static, str>> {
    words.status().map(|status| Cow::Owned(status.to_string()))
}

/// The sentence names the field, and so does the envelope's `metadata.field`.
impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        let metadata = invalid.field.map(|field| json!({ "field": field }));
        Self { metadata, ..Self::invalid_request(invalid.sentence) }
    }
}

/// What the caller's program gets of an upstream's own words.
fn metadata(status: u16, words: &ErrorWords) -> Value {
    let mut metadata = json!({ "status": status });
    for (key, value) in [("type", &words.kind), ("code", &words.code), ("param", &words.param)] {
        if let Some(value) = value {
            metadata[key] = value.clone();
        }
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openai_errors_keep_message_type_and_code() {
        let body = br#"{"error":{"message":"No such model.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#;
        let failure = Failure::answered(404, body, PassedHeaders::default());
        assert_eq!((failure.status, failure.kind.as_ref()), (404, "404"));
        assert_eq!(failure.message, "No such model.");
        let metadata =
            json!({ "upstream": { "status": 404, "type": "invalid_request_error", "code": "model_not_found" } });
        assert_eq!(failure.metadata, Some(metadata));
    }

    #[test]
    fn other_shapes_and_no_json_at_all_give_a_sentence() {
        for (body, message) in [
            (&br#"{"error":"model not loaded"}"#[..], "model not loaded"),
            (br#"{"detail":"Not Found"}"#, "Not Found"),
            (br#"{"message":"overloaded"}"#, "overloaded"),
            (b"<html>", "The model server answered 500."),
            (b"[1]", "The model server answered 500."),
            (b"\"quoted\"", "quoted"),
        ] {
            assert_eq!(Failure::answered(500, body, PassedHeaders::default()).message, message);
        }
    }

    #[test]
    fn a_refused_gateway_key_is_not_the_callers_mistake() {
        let failure = Failure::answered(
            401,
            br#"{"error":{"message":"Incorrect API key provided: sk-1234"}}"#,
            PassedHeaders::default(),
        );
        assert_eq!((failure.status, failure.kind.as_ref()), (502, "401"));
        assert!(!format!("{failure:?}").contains("sk-1234"));
    }

    #[test]
    fn recorded_message_holds_no_words_of_others() {
        let failure =
            Failure::answered(400, br#"{"error":{"message":"bad: secret prompt"}}"#, PassedHeaders::default());
        let Ending::Failed { message, detail, .. } = failure.ending() else { panic!("not failed") };
        assert_eq!(&*message, "The upstream answered 400.");
        assert_eq!(detail.as_deref(), Some("bad: secret prompt"));
    }
}
