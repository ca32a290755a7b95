//! A chat request as the caller wrote it: the fields that are known are checked, and what is recorded of them is read.

use super::context::{self, CallerHeaders};
use super::fields::{self, Kind};
use super::invalid::Invalid;
use crate::completed_request::{Parameters, TraceContext};
use crate::json::{self, Members};

const EXAMPLE: &str = r#"{"messages": […], …}"#;

const KNOWN: [(&str, Kind); 14] = [
    ("model", Kind::Text),
    ("stream", Kind::Flag),
    ("temperature", Kind::Number),
    ("top_p", Kind::Number),
    ("top_k", Kind::Number),
    ("max_completion_tokens", Kind::Whole),
    ("max_tokens", Kind::Whole),
    ("frequency_penalty", Kind::Number),
    ("presence_penalty", Kind::Number),
    ("stop", Kind::TextOrTexts),
    ("seed", Kind::Whole),
    ("stream_options", Kind::Object),
    ("tools", Kind::Array),
    ("n", Kind::Whole),
];

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
        let members = fields::members(text, EXAMPLE)?;
        fields::check_messages(&members)?;
        fields::check(&members, &KNOWN)?;
        let context = context::of_caller(&members, members.get("user"), headers)?;
        Ok(Self { facts: RequestFacts { context, ..readable(&members) }, members })
    }
}

impl RequestFacts {
    /// What can be read of a body that was refused, so that its trace still has the caller's ids.
    pub fn of_refused(body: &[u8], headers: &CallerHeaders) -> Self {
        let text = json::lossy(body);
        let members = Members::of(&text).unwrap_or_default();
        Self { context: context::of_refused(&members, members.get("user"), headers), ..readable(&members) }
    }
}

/// The fields that are of the right type.
fn readable(members: &Members<'_>) -> RequestFacts {
    let parameters = Parameters {
        temperature: members.read("temperature"),
        top_p: members.read("top_p"),
        top_k: members.read("top_k"),
        max_tokens: fields::whole(members, "max_completion_tokens").or_else(|| fields::whole(members, "max_tokens")),
        frequency_penalty: members.read("frequency_penalty"),
        presence_penalty: members.read("presence_penalty"),
        stop_sequences: fields::stop_sequences(members, "stop"),
        seed: fields::whole(members, "seed"),
        reasoning_level: fields::reasoning_level(members),
        ..Parameters::default()
    };
    let streaming = members.read("stream").unwrap_or_default();
    RequestFacts { model: fields::model(members), streaming, parameters, ..RequestFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_parameters_are_read() {
        let text = r#"{"messages":[],"temperature":0,"max_tokens":5,"stop":["a","b"],"seed":-1,"top_k":null,
            "reasoning_effort":"high"}"#;
        let parameters = ChatRequest::parse(text, &CallerHeaders::default()).unwrap().facts.parameters;
        let expected = Parameters {
            temperature: Some(0.0),
            max_tokens: Some(5),
            stop_sequences: vec!["a".into(), "b".into()],
            seed: Some(-1),
            reasoning_level: Some("high".into()),
            ..Parameters::default()
        };
        assert_eq!(parameters, expected);
    }

    #[test]
    fn level_of_reasoning_is_read_from_either_place_and_never_refused() {
        for (member, level) in [
            (r#""reasoning":{"effort":"low","max_tokens":5}"#, Some("low")),
            (r#""reasoning_effort":" minimal ","reasoning":{"effort":"low"}"#, Some("minimal")),
            (r#""reasoning_effort":7,"reasoning":"x""#, None),
            (r#""reasoning_effort":" ""#, None),
        ] {
            let text = format!(r#"{{"messages":[],{member}}}"#);
            let facts = ChatRequest::parse(&text, &CallerHeaders::default()).unwrap().facts;
            assert_eq!(facts.parameters.reasoning_level.as_deref(), level, "{member}");
        }
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
