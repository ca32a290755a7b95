//! A chat request as the caller wrote it: checked at the edge, then passed on with its own bytes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::completion::text_of;
use super::context;
use super::failure::Failure;
use super::json::{self, JsonError};
use super::members::{Members, ObjectWriter};
use super::whole_number::WholeNumber;
use crate::completed_request::limits::NAME_CHARS;
use crate::completed_request::{Parameters, Text, TraceContext, clean, escapes};

/// Fields of ours that no upstream knows (spec 3.4). `user` is OpenAI's own and passes.
const NOT_PASSED_ON: [&str; 2] = ["trace", "session_id"];

/// What the caller says of a request in headers.
#[derive(Debug, Clone, Default)]
pub struct CallerHeaders {
    /// `x-session-id`
    pub session_id: Option<String>,
    /// `traceparent` (W3C Trace Context)
    pub traceparent: Option<String>,
}

/// What is recorded of a request beside its content.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RequestFacts {
    /// As the caller named it; empty when the request names none.
    pub(super) model: String,
    /// Whether the answer shall be streamed.
    pub(super) streaming: bool,
    /// Sampling parameters that were given.
    pub(super) parameters: Parameters<'static>,
    /// The caller's identifiers and metadata.
    pub(super) context: TraceContext<'static>,
}

/// A body that passed all checks.
#[derive(Debug)]
pub(super) struct ChatRequest<'a> {
    pub(super) facts: RequestFacts,
    members: Members<'a>,
}

/// The bytes as text, with lone surrogates repaired and every value checked. The text has the body's own memory; a body that is
/// refused stays where it is.
pub(super) fn text(body: &mut Vec<u8>) -> Result<String, Failure> {
    let invalid = |error: JsonError| Failure::invalid_request(error.to_string());
    let text = String::from_utf8(std::mem::take(body)).map_err(|error| {
        *body = error.into_bytes();
        invalid(JsonError::Encoding)
    })?;
    let text = repaired(text);
    match json::check(&text) {
        Ok(()) => Ok(text),
        Err(error) => {
            *body = text.into_bytes();
            Err(invalid(error))
        }
    }
}

/// The text with lone surrogates replaced by U+FFFD (spec 3.6): nothing else reads them as text.
fn repaired(text: String) -> String {
    match escapes::repair_surrogates(text.as_bytes()) {
        Cow::Borrowed(_) => text,
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

impl<'a> ChatRequest<'a> {
    /// Checks the fields that are known; others are the upstream's business.
    pub(super) fn parse(text: &'a str, headers: &CallerHeaders) -> Result<Self, Failure> {
        let members = Members::of(text).ok_or_else(|| {
            Failure::invalid_request("The body must be a JSON object. Send `{\"messages\": […], …}`.")
        })?;
        check_messages(&members)?;
        let facts = RequestFacts {
            model: field::<Text<'_>>(&members, "model", "a text")?.map(|model| recorded(&model)).unwrap_or_default(),
            streaming: field(&members, "stream", "true or false")?.unwrap_or_default(),
            parameters: parameters(&members)?,
            context: context::of_caller(&members, headers)?,
        };
        field::<Members<'_>>(&members, "stream_options", "an object")?;
        // It is JSON: what begins like an array is one.
        if members.get("tools").is_some_and(|tools| !tools.get().starts_with('[')) {
            return Err(Failure::wrong_type("tools", "an array"));
        }
        field::<WholeNumber>(&members, "n", "a whole number")?;
        Ok(Self { facts, members })
    }

    /// Bytes that [`Self::upstream_body`] takes, about.
    pub(super) fn upstream_bytes(&self) -> usize {
        self.members.iter().map(|(key, value)| key.len() + value.len() + 8).sum::<usize>() + 64
    }

    /// What the upstream gets: the caller's members in their order and bytes, without ours; a stream is asked to report
    /// its usage.
    pub(super) fn upstream_body(&self) -> String {
        let mut writer = ObjectWriter::with_capacity(self.upstream_bytes());
        for (key, value) in self.members.iter() {
            let is_rewritten = key == "stream_options" && self.facts.streaming;
            if !is_rewritten && !NOT_PASSED_ON.contains(&key) {
                writer.raw(key, value);
            }
        }
        if self.facts.streaming {
            writer.raw("stream_options", &with_usage(&self.members.read("stream_options").unwrap_or_default()));
        }
        writer.finish()
    }

    /// The text of the last message of the user, for the built-in model.
    pub(super) fn last_user_text(&self) -> String {
        let messages = self.members.read::<Vec<&RawValue>>("messages").unwrap_or_default();
        let messages = messages.iter().rev().filter_map(|message| Members::of(message.get()));
        let mut of_user = messages.filter(|message| message.read::<Text<'_>>("role").as_deref() == Some("user"));
        of_user.next().and_then(|message| text_of(&message, "content")).map(|text| text.to_string()).unwrap_or_default()
    }
}

/// What can be read of a body that was refused, so that its trace still has the caller's ids.
pub(super) fn facts_of_refused(body: &[u8], headers: &CallerHeaders) -> RequestFacts {
    let text = repaired(String::from_utf8_lossy(body).into_owned());
    let members = Members::of(&text).unwrap_or_default();
    RequestFacts {
        model: members.read::<Text<'_>>("model").map(|model| recorded(&model)).unwrap_or_default(),
        streaming: members.read("stream").unwrap_or_default(),
        parameters: parameters(&members).unwrap_or_default(),
        context: context::of_refused(&members, headers),
    }
}

/// A model's name as it is recorded: Postgres refuses a row whose text holds a NUL, and nobody reads a megabyte of a name.
fn recorded(model: &str) -> String {
    clean::name(model, NAME_CHARS).into_owned()
}

/// A known field read as `T`; a wrong type is named. `expected` completes "must be …".
fn field<'a, T: Deserialize<'a>>(members: &Members<'a>, name: &str, expected: &str) -> Result<Option<T>, Failure> {
    let Some(value) = members.get(name) else { return Ok(None) };
    serde_json::from_str(value.get()).map(Some).map_err(|_| Failure::wrong_type(name, expected))
}

fn check_messages(members: &Members<'_>) -> Result<(), Failure> {
    let wrong = || Failure::wrong_type("messages", "an array of messages");
    let messages: Vec<&RawValue> = field(members, "messages", "an array of messages")?.ok_or_else(wrong)?;
    for (index, message) in messages.into_iter().enumerate() {
        let name = |field: &str| format!("messages[{index}]{field}");
        let message = Members::of(message.get()).ok_or_else(|| Failure::wrong_type(&name(""), "an object"))?;
        if message.read::<Text<'_>>("role").is_none() {
            return Err(Failure::wrong_type(&name(".role"), "a text, for example `user`"));
        }
        let content = message.get("content").map_or("null", RawValue::get);
        if !content.starts_with(['"', '[', 'n']) {
            return Err(Failure::wrong_type(&name(".content"), "a text, an array of parts, or null"));
        }
    }
    Ok(())
}

fn parameters(members: &Members<'_>) -> Result<Parameters<'static>, Failure> {
    let number = |name| field::<f64>(members, name, "a number");
    let whole = |name| Ok(field::<WholeNumber>(members, name, "a whole number")?.map(|WholeNumber(whole)| whole));
    let stop = field::<Stop>(members, "stop", "a text or an array of texts")?;
    Ok(Parameters {
        temperature: number("temperature")?,
        top_p: number("top_p")?,
        top_k: number("top_k")?,
        max_tokens: whole("max_completion_tokens")?.or(whole("max_tokens")?),
        frequency_penalty: number("frequency_penalty")?,
        presence_penalty: number("presence_penalty")?,
        stop_sequences: stop.map(Stop::into_sequences).unwrap_or_default(),
        seed: whole("seed")?,
    })
}

/// OpenAI's `stop`: one text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Several(Vec<String>),
}

/// Stop sequences that are recorded of one request; OpenAI allows four.
const STOP_SEQUENCES: usize = 16;
/// Characters of a stop sequence that are recorded.
const STOP_SEQUENCE_CHARS: usize = 256;

impl Stop {
    fn into_sequences(self) -> Vec<Text<'static>> {
        let sequences = match self {
            Self::One(sequence) => vec![sequence],
            Self::Several(sequences) => sequences,
        };
        let short = |sequence: String| {
            let shortened: String = sequence.chars().take(STOP_SEQUENCE_CHARS).collect();
            Text::from(clean::without_nul(&shortened).into_owned())
        };
        sequences.into_iter().take(STOP_SEQUENCES).map(short).collect()
    }
}

/// The caller's `stream_options` with `include_usage` switched on.
fn with_usage(options: &Members<'_>) -> String {
    let mut writer = ObjectWriter::with_capacity(64);
    for (key, value) in options.iter().filter(|(key, _)| *key != "include_usage") {
        writer.raw(key, value);
    }
    writer.raw("include_usage", "true");
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream_body(text: &str) -> String {
        ChatRequest::parse(text, &CallerHeaders::default()).unwrap().upstream_body()
    }

    #[test]
    fn what_is_ours_is_left_out_and_the_rest_keeps_its_bytes() {
        let text =
            r#"{"messages":[ {"role":"user","content":"\u00e9"} ],"trace":{},"session_id":"s","user":"u","top_p":1.0}"#;
        let expected = r#"{"messages":[ {"role":"user","content":"\u00e9"} ],"user":"u","top_p":1.0}"#;
        assert_eq!(upstream_body(text), expected);
    }

    #[test]
    fn a_stream_is_asked_to_report_its_usage() {
        for (options, expected) in [
            ("", r#"{"include_usage":true}"#),
            (r#","stream_options":null"#, r#"{"include_usage":true}"#),
            (r#","stream_options":{"include_usage":false,"x":1}"#, r#"{"x":1,"include_usage":true}"#),
        ] {
            let text = format!(r#"{{"messages":[],"stream":true{options}}}"#);
            assert_eq!(upstream_body(&text), format!(r#"{{"messages":[],"stream":true,"stream_options":{expected}}}"#));
        }
        assert_eq!(upstream_body(r#"{"messages":[],"stream":false}"#), r#"{"messages":[],"stream":false}"#);
    }

    #[test]
    fn sampling_parameters_are_read() {
        let text = r#"{"messages":[],"temperature":0,"max_tokens":5,"stop":["a","b"],"seed":-1,"top_k":null}"#;
        let parameters = ChatRequest::parse(text, &CallerHeaders::default()).unwrap().facts.parameters;
        let expected = Parameters {
            temperature: Some(0.0),
            max_tokens: Some(5),
            stop_sequences: vec!["a".into(), "b".into()],
            seed: Some(-1),
            ..Parameters::default()
        };
        assert_eq!(parameters, expected);
    }

    #[test]
    fn of_a_refused_body_what_can_be_read_is_kept() {
        let body = br#"{"model":"m","user":7,"session_id":"s","trace":{"trace_name":"n"},"temperature":"hot"}"#;
        let facts = facts_of_refused(body, &CallerHeaders::default());
        assert_eq!(facts.model, "m");
        assert_eq!((facts.context.session_id.as_deref(), facts.context.trace_name.as_deref()), (Some("s"), Some("n")));
        assert_eq!(facts_of_refused(b"\xff", &CallerHeaders::default()), RequestFacts::default());
    }
}
