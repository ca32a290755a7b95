//! A request to `/responses` as the caller wrote it: the known fields are checked, and what is recorded of them is read.

use serde_json::value::RawValue;

use crate::completed_request::Parameters;
use crate::json::{Members, Text};
use crate::openai::fields::{self, Kind};
use crate::openai::{CallerHeaders, Invalid, RequestFacts, context};

/// A body as it should be.
pub const EXAMPLE: &str = r#"{"model": …, "input": …}"#;

const KNOWN: [(&str, Kind); 12] = [
    ("input", Kind::TextOrArray),
    ("model", Kind::Text),
    ("stream", Kind::Flag),
    ("instructions", Kind::Text),
    ("previous_response_id", Kind::Text),
    ("tools", Kind::Array),
    ("temperature", Kind::Number),
    ("top_p", Kind::Number),
    ("max_output_tokens", Kind::Whole),
    ("text", Kind::Object),
    ("user", Kind::Text),
    ("safety_identifier", Kind::Text),
];

/// What gives the model something to answer where there is no `input`.
const IN_PLACE_OF_INPUT: [&str; 3] = ["previous_response_id", "conversation", "prompt"];

/// What is recorded of a request beside its content. Other fields than the known ones are the upstream's business.
///
/// # Errors
/// What is wrong, and where.
pub fn facts(members: &Members<'_>, headers: &CallerHeaders) -> Result<RequestFacts, Invalid> {
    if members.get("input").is_none() && IN_PLACE_OF_INPUT.iter().all(|field| members.get(field).is_none()) {
        return Err(Invalid::wrong_type("input", Kind::TextOrArray.expected()));
    }
    fields::check(members, &KNOWN)?;
    let context = context::of_caller(members, user(members), headers)?;
    Ok(RequestFacts { context, ..readable(members) })
}

/// What can be read of a body that was refused.
pub fn facts_of_refused(members: &Members<'_>, headers: &CallerHeaders) -> RequestFacts {
    RequestFacts { context: context::of_refused(members, user(members), headers), ..readable(members) }
}

fn user<'a>(members: &Members<'a>) -> Option<&'a RawValue> {
    members.get("user").or_else(|| members.get("safety_identifier"))
}

/// The fields that are of the right type.
fn readable(members: &Members<'_>) -> RequestFacts {
    RequestFacts {
        model: fields::model(members),
        streaming: members.read("stream").unwrap_or_default(),
        parameters: Parameters {
            temperature: members.read("temperature"),
            top_p: members.read("top_p"),
            max_tokens: fields::whole(members, "max_output_tokens"),
            reasoning_level: fields::reasoning_level(members),
            output_type: output_type(members),
            ..Parameters::default()
        },
        ..RequestFacts::default()
    }
}

/// `text.format`
fn output_type(members: &Members<'_>) -> Option<Text<'static>> {
    let format: Members<'_> = members.read::<Members<'_>>("text")?.read("format")?;
    match &*format.read::<Text<'_>>("type")? {
        "text" => Some("text".into()),
        "json_schema" | "json_object" => Some("json".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RequestFacts, Invalid> {
        facts(&Members::of(text).unwrap(), &CallerHeaders::default())
    }

    #[test]
    fn facts_of_a_request_are_read() {
        let facts = read(
            r#"{"model":"gpt-5","input":[],"stream":true,"temperature":0.5,"top_p":1,"max_output_tokens":100.0,
                "text":{"format":{"type":"json_schema","schema":{}}},"safety_identifier":"u-1","session_id":"s",
                "trace":{"trace_name":"n"},"metadata":{"a":"b"},"reasoning":{"effort":"low"}}"#,
        )
        .unwrap();
        let expected = Parameters {
            temperature: Some(0.5),
            top_p: Some(1.0),
            max_tokens: Some(100),
            reasoning_level: Some("low".into()),
            output_type: Some("json".into()),
            ..Parameters::default()
        };
        assert_eq!((facts.model.as_str(), facts.streaming, facts.parameters), ("gpt-5", true, expected));
        assert_eq!((facts.context.user.as_deref(), facts.context.session_id.as_deref()), (Some("u-1"), Some("s")));
        assert_eq!(facts.context.trace_name.as_deref(), Some("n"));
    }

    #[test]
    fn user_goes_before_safety_identifier() {
        let facts = read(r#"{"input":"x","user":"a","safety_identifier":"b"}"#).unwrap();
        assert_eq!(facts.context.user.as_deref(), Some("a"));
    }

    #[test]
    fn input_may_be_missing_where_something_else_stands_for_it() {
        for text in [r#"{"previous_response_id":"r"}"#, r#"{"prompt":{"id":"p"}}"#, r#"{"conversation":"c"}"#] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn fields_of_a_wrong_type_are_named() {
        for (text, field) in [
            (r#"{"model":"m"}"#, "input"),
            (r#"{"input":{}}"#, "input"),
            (r#"{"input":"x","model":7}"#, "model"),
            (r#"{"input":"x","tools":{}}"#, "tools"),
            (r#"{"input":"x","max_output_tokens":1.5}"#, "max_output_tokens"),
            (r#"{"input":"x","stream":"yes"}"#, "stream"),
            (r#"{"input":"x","safety_identifier":1}"#, "safety_identifier"),
            (r#"{"input":"x","trace":[]}"#, "trace"),
        ] {
            assert_eq!(read(text).unwrap_err().field.as_deref(), Some(field), "{text}");
        }
    }

    #[test]
    fn refused_body_keeps_what_can_be_read() {
        let members = Members::of(r#"{"model":"m","temperature":1,"top_p":"x","user":7,"session_id":"s"}"#).unwrap();
        let facts = facts_of_refused(&members, &CallerHeaders::default());
        assert_eq!(
            (facts.model.as_str(), facts.parameters.temperature, facts.parameters.top_p),
            ("m", Some(1.0), None)
        );
        assert_eq!((facts.context.user, facts.context.session_id.as_deref()), (None, Some("s")));
    }
}
