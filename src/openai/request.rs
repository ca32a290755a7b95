//! A chat request as the caller wrote it: the fields that are known are checked, and what is recorded of them is read.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::context::{self, CallerHeaders};
use super::invalid::Invalid;
use crate::completed_request::limits::NAME_CHARS;
use crate::completed_request::{Parameters, TraceContext, clean};
use crate::json::{self, Members, Text, WholeNumber};

/// What is recorded of a request beside its content.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestFacts {
    /// As the caller named it; empty when the request names none.
    pub model: String,
    pub streaming: bool,
    pub parameters: Parameters<'static>,
    pub context: TraceContext<'static>,
}

/// A body that passed all checks.
#[derive(Debug)]
pub struct ChatRequest<'a> {
    /// What is recorded of it.
    pub facts: RequestFacts,
    pub members: Members<'a>,
}

impl<'a> ChatRequest<'a> {
    /// Checks the fields that are known; others are the upstream's business.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &'a str, headers: &CallerHeaders) -> Result<Self, Invalid> {
        let members = Members::of(text)
            .ok_or_else(|| Invalid::body("The body must be a JSON object. Send `{\"messages\": […], …}`."))?;
        check_messages(&members)?;
        let facts = RequestFacts {
            model: field::<Text<'_>>(&members, "model", "a text")?.map(|model| recorded(&model)).unwrap_or_default(),
            streaming: field(&members, "stream", "true or false")?.unwrap_or_default(),
            parameters: parameters(&members)?,
            context: context::of_caller(&members, headers)?,
        };
        field::<Members<'_>>(&members, "stream_options", "an object")?;
        // The text is valid JSON, so a first `[` means an array.
        if members.get("tools").is_some_and(|tools| !tools.get().starts_with('[')) {
            return Err(Invalid::wrong_type("tools", "an array"));
        }
        field::<WholeNumber>(&members, "n", "a whole number")?;
        Ok(Self { facts, members })
    }
}

impl RequestFacts {
    /// What can be read of a body that was refused, so that its trace still has the caller's ids.
    pub fn of_refused(body: &[u8], headers: &CallerHeaders) -> Self {
        let text = json::repaired(String::from_utf8_lossy(body).into_owned());
        let members = Members::of(&text).unwrap_or_default();
        Self {
            model: members.read::<Text<'_>>("model").map(|model| recorded(&model)).unwrap_or_default(),
            streaming: members.read("stream").unwrap_or_default(),
            parameters: parameters(&members).unwrap_or_default(),
            context: context::of_refused(&members, headers),
        }
    }
}

/// A model's name as it is recorded: Postgres refuses a row whose text holds a NUL, and nobody reads a megabyte of a name.
fn recorded(model: &str) -> String {
    clean::name(model, NAME_CHARS).into_owned()
}

/// A known field read as `T`; a wrong type is named. `expected` completes "must be …".
fn field<'a, T: Deserialize<'a>>(members: &Members<'a>, name: &str, expected: &str) -> Result<Option<T>, Invalid> {
    let Some(value) = members.get(name) else { return Ok(None) };
    serde_json::from_str(value.get()).map(Some).map_err(|_| Invalid::wrong_type(name, expected))
}

fn check_messages(members: &Members<'_>) -> Result<(), Invalid> {
    let wrong = || Invalid::wrong_type("messages", "an array of messages");
    let messages: Vec<&RawValue> = field(members, "messages", "an array of messages")?.ok_or_else(wrong)?;
    for (index, message) in messages.into_iter().enumerate() {
        let name = |field: &str| format!("messages[{index}]{field}");
        let message = Members::of(message.get()).ok_or_else(|| Invalid::wrong_type(&name(""), "an object"))?;
        if message.read::<Text<'_>>("role").is_none() {
            return Err(Invalid::wrong_type(&name(".role"), "a text, for example `user`"));
        }
        let content = message.get("content").map_or("null", RawValue::get);
        if !content.starts_with(['"', '[', 'n']) {
            return Err(Invalid::wrong_type(&name(".content"), "a text, an array of parts, or null"));
        }
    }
    Ok(())
}

fn parameters(members: &Members<'_>) -> Result<Parameters<'static>, Invalid> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn refused_body_keeps_what_can_be_read() {
        let body = br#"{"model":"m","user":7,"session_id":"s","trace":{"trace_name":"n"},"temperature":"hot"}"#;
        let facts = RequestFacts::of_refused(body, &CallerHeaders::default());
        assert_eq!(facts.model, "m");
        assert_eq!((facts.context.session_id.as_deref(), facts.context.trace_name.as_deref()), (Some("s"), Some("n")));
        assert_eq!(RequestFacts::of_refused(b"\xff", &CallerHeaders::default()), RequestFacts::default());
    }
}
