//! A request to `/messages` as the caller wrote it: the known fields are checked, and what is recorded of them is read.

use serde_json::value::RawValue;

use crate::completed_request::Parameters;
use crate::json::Members;
use crate::openai::fields::{self, Kind};
use crate::openai::{CallerHeaders, Invalid, RequestFacts, context};

/// A body as it should be.
pub const EXAMPLE: &str = r#"{"model": …, "max_tokens": …, "messages": […]}"#;

/// What is asked about the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// An answer of the model, at most `max_tokens` long.
    Answer,
    /// How many tokens they have.
    TokenCount,
}

const KNOWN: [(&str, Kind); 11] = [
    ("max_tokens", Kind::Whole),
    ("model", Kind::Text),
    ("stream", Kind::Flag),
    ("system", Kind::TextOrArray),
    ("tools", Kind::Array),
    ("temperature", Kind::Number),
    ("top_p", Kind::Number),
    ("top_k", Kind::Number),
    ("stop_sequences", Kind::Texts),
    ("metadata", Kind::Object),
    ("user", Kind::Text),
];

/// What is recorded of a request beside its content. Other fields than the known ones are the upstream's business.
///
/// # Errors
/// What is wrong, and where.
pub fn facts(members: &Members<'_>, headers: &CallerHeaders, question: Question) -> Result<RequestFacts, Invalid> {
    fields::check_messages(members)?;
    if question == Question::Answer && members.get("max_tokens").is_none() {
        return Err(Invalid::wrong_type("max_tokens", Kind::Whole.expected()));
    }
    fields::check(members, &KNOWN)?;
    let metadata = members.read::<Members<'_>>("metadata").unwrap_or_default();
    if metadata.get("user_id").is_some_and(|user| !Kind::Text.fits(user)) {
        return Err(Invalid::wrong_type("metadata.user_id", Kind::Text.expected()));
    }
    let context = context::of_caller(members, user(members), headers)?;
    Ok(RequestFacts { context, ..readable(members) })
}

/// What can be read of a body that was refused.
pub fn facts_of_refused(members: &Members<'_>, headers: &CallerHeaders) -> RequestFacts {
    RequestFacts { context: context::of_refused(members, user(members), headers), ..readable(members) }
}

/// Our own `user`, else Anthropic's `metadata.user_id`.
fn user<'a>(members: &Members<'a>) -> Option<&'a RawValue> {
    members.get("user").or_else(|| members.read::<Members<'a>>("metadata")?.get("user_id"))
}

/// The fields that are of the right type.
fn readable(members: &Members<'_>) -> RequestFacts {
    RequestFacts {
        model: fields::model(members),
        streaming: members.read("stream").unwrap_or_default(),
        parameters: Parameters {
            max_tokens: fields::whole(members, "max_tokens"),
            temperature: members.read("temperature"),
            top_p: members.read("top_p"),
            top_k: members.read("top_k"),
            stop_sequences: fields::stop_sequences(members, "stop_sequences"),
            reasoning_level: fields::level(
                members.read::<Members<'_>>("output_config").and_then(|config| config.read("effort")),
            ),
            ..Parameters::default()
        },
        ..RequestFacts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RequestFacts, Invalid> {
        facts(&Members::of(text).unwrap(), &CallerHeaders::default(), Question::Answer)
    }

    #[test]
    fn facts_of_a_request_are_read() {
        let facts = read(
            r#"{"model":"claude-sonnet-4-5","max_tokens":1024,"messages":[{"role":"user","content":"Hi"}],"stream":true,
                "temperature":1.0,"top_p":0.9,"top_k":40,"stop_sequences":["END"],"metadata":{"user_id":"u-1"},
                "thinking":{"type":"enabled","budget_tokens":1024},"output_config":{"effort":"medium"},"trace":{"trace_name":"n"},"session_id":"s"}"#,
        )
        .unwrap();
        let expected = Parameters {
            temperature: Some(1.0),
            top_p: Some(0.9),
            top_k: Some(40.0),
            max_tokens: Some(1024),
            stop_sequences: vec!["END".into()],
            reasoning_level: Some("medium".into()),
            ..Parameters::default()
        };
        assert_eq!((facts.model.as_str(), facts.streaming, facts.parameters), ("claude-sonnet-4-5", true, expected));
        assert_eq!((facts.context.user.as_deref(), facts.context.session_id.as_deref()), (Some("u-1"), Some("s")));
        assert_eq!(facts.context.trace_name.as_deref(), Some("n"));
    }

    #[test]
    fn our_own_user_goes_first() {
        let facts = read(r#"{"messages":[],"max_tokens":1,"user":"a","metadata":{"user_id":"b"}}"#).unwrap();
        assert_eq!(facts.context.user.as_deref(), Some("a"));
    }

    #[test]
    fn tokens_are_counted_without_max_tokens() {
        let members = Members::of(r#"{"messages":[]}"#).unwrap();
        assert!(facts(&members, &CallerHeaders::default(), Question::TokenCount).is_ok());
        let refused = facts(&members, &CallerHeaders::default(), Question::Answer).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("max_tokens"));
    }

    #[test]
    fn fields_of_a_wrong_type_are_named() {
        for (text, field) in [
            (r#"{"max_tokens":1}"#, "messages"),
            (r#"{"max_tokens":1,"messages":"hello"}"#, "messages"),
            (r#"{"max_tokens":1,"messages":[{"content":"x"}]}"#, "messages[0].role"),
            (r#"{"max_tokens":1,"messages":[{"role":"user","content":7}]}"#, "messages[0].content"),
            (r#"{"max_tokens":"1","messages":[]}"#, "max_tokens"),
            (r#"{"max_tokens":1,"messages":[],"system":7}"#, "system"),
            (r#"{"max_tokens":1,"messages":[],"stop_sequences":"x"}"#, "stop_sequences"),
            (r#"{"max_tokens":1,"messages":[],"metadata":{"user_id":7}}"#, "metadata.user_id"),
            (r#"{"max_tokens":1,"messages":[],"session_id":7}"#, "session_id"),
        ] {
            assert_eq!(read(text).unwrap_err().field.as_deref(), Some(field), "{text}");
        }
    }

    #[test]
    fn refused_body_keeps_what_can_be_read() {
        let members = Members::of(r#"{"model":"m","top_k":"x","max_tokens":5,"metadata":{"user_id":"u"}}"#).unwrap();
        let facts = facts_of_refused(&members, &CallerHeaders::default());
        assert_eq!((facts.model.as_str(), facts.parameters.max_tokens, facts.parameters.top_k), ("m", Some(5), None));
        assert_eq!(facts.context.user.as_deref(), Some("u"));
    }
}
