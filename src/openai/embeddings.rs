//! OpenAI's `/embeddings`: reads what is recorded of a request and of its answer. Vectors never are.

use serde_json::value::RawValue;

use super::fields::{self, Kind};
use super::prompts;
use super::{CallerHeaders, Invalid, RequestFacts, context};
use crate::completed_request::Parameters;
use crate::completed_request::content::{Content, Conversation, Message, Part};
use crate::completed_request::limits::CONTENT_BYTES;
use crate::completion::Completion;
use crate::json::{Members, Text, escapes};
use crate::openai;

/// A body as it should be.
pub const EXAMPLE: &str = r#"{"model": …, "input": …}"#;

const KNOWN: [(&str, Kind); 4] =
    [("model", Kind::Text), ("dimensions", Kind::Whole), ("encoding_format", Kind::Text), ("user", Kind::Text)];

/// What is recorded of a request beside its content. Other fields than the known ones are the upstream's business.
///
/// # Errors
/// What is wrong, and where.
pub fn facts(members: &Members<'_>, headers: &CallerHeaders) -> Result<RequestFacts, Invalid> {
    prompts::check(members, "input")?;
    fields::check(members, &KNOWN)?;
    let context = context::of_caller(members, members.get("user"), headers)?;
    Ok(RequestFacts { context, ..readable(members) })
}

/// What can be read of a body that was refused.
pub fn facts_of_refused(members: &Members<'_>, headers: &CallerHeaders) -> RequestFacts {
    RequestFacts { context: context::of_refused(members, members.get("user"), headers), ..readable(members) }
}

fn readable(members: &Members<'_>) -> RequestFacts {
    let parameters = Parameters { token_arrays: prompts::token_arrays(members, "input"), ..Parameters::default() };
    RequestFacts { model: fields::model(members), parameters, ..RequestFacts::default() }
}

/// What was asked by a body: each text a message of the user.
pub fn of_body(body: &str) -> Content {
    let body = escapes::repair(body);
    let members = Members::of(&body).unwrap_or_default();
    let message = |text| Message { role: "user".into(), parts: vec![Part::text(text)], ..Message::default() };
    let input = prompts::texts(members.get("input")).into_iter().map(message).collect();
    Conversation { input, ..Conversation::default() }.fit(CONTENT_BYTES)
}

/// Learns who answered and how long its vectors are. The first stands for all: they are equally long, and reading each
/// would hold the answer up.
pub fn learn(completion: &mut Completion, answer: &Members<'_>) {
    openai::learn(completion, answer);
    let first = answer.get("data").and_then(first);
    completion.dimensions = first.and_then(|vector| dimensions(vector.get("embedding")?));
}

/// The first object of an array.
fn first(objects: &RawValue) -> Option<Members<'_>> {
    let objects = objects.get().strip_prefix('[')?;
    serde_json::Deserializer::from_str(objects).into_iter().next()?.ok()
}

/// How many numbers a vector has: an array of them, or four bytes each in base64.
fn dimensions(vector: &RawValue) -> Option<u64> {
    let numbers = match vector.get().strip_prefix('[') {
        // Numbers have no commas of their own.
        Some(numbers) if !numbers.contains(['[', '{', '"']) && !numbers.starts_with(']') => {
            numbers.bytes().filter(|byte| *byte == b',').count() + 1
        }
        Some(_) => fields::length(vector)?,
        None => serde_json::from_str::<Text<'_>>(vector.get()).ok()?.trim_end_matches('=').len() * 3 / 4 / 4,
    };
    u64::try_from(numbers).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> Result<RequestFacts, Invalid> {
        facts(&Members::of(&body.to_string()).unwrap(), &CallerHeaders::default())
    }

    fn recorded(body: &Value) -> Value {
        serde_json::from_slice(&of_body(&body.to_string()).to_bytes()).unwrap()
    }

    #[test]
    fn each_text_is_a_message_of_the_user() {
        let body = json!({ "model": "m", "input": ["a", "b"], "user": "u" });
        let message = |text| json!({ "role": "user", "parts": [{ "type": "text", "content": text }] });
        assert_eq!(recorded(&body)["input"], json!([message("a"), message("b")]));
        let facts = read(&body).unwrap();
        assert_eq!((facts.model.as_str(), facts.context.user.as_deref()), ("m", Some("u")));
        assert_eq!(facts.parameters.token_arrays, None);
    }

    #[test]
    fn of_tokens_only_the_count_of_arrays_is_recorded() {
        let body = json!({ "input": [[1, 2], [3]] });
        assert_eq!(recorded(&body), json!({}));
        assert_eq!(read(&body).unwrap().parameters.token_arrays, Some(2));
    }

    #[test]
    fn fields_of_a_wrong_type_are_named() {
        for (body, field) in [
            (json!({}), "input"),
            (json!({ "input": 7 }), "input"),
            (json!({ "input": "x", "dimensions": "many" }), "dimensions"),
            (json!({ "input": "x", "model": [] }), "model"),
        ] {
            assert_eq!(read(&body).unwrap_err().field.as_deref(), Some(field), "{body}");
        }
    }

    #[test]
    fn vectors_are_measured_and_usage_is_read() {
        let learnt = |vector: Value| {
            let mut completion = Completion::default();
            let answer = json!({ "object": "list", "model": "m-1", "usage": { "prompt_tokens": 3, "total_tokens": 3 },
                "data": [{ "object": "embedding", "index": 0, "embedding": vector }] });
            learn(&mut completion, &Members::of(&answer.to_string()).unwrap());
            completion
        };
        let completion = learnt(json!([0.1, -0.2, 0.3]));
        let facts = completion.facts("openai");
        assert_eq!(
            (facts.dimensions, facts.model.as_deref(), completion.usage().input),
            (Some(3), Some("m-1"), Some(3))
        );
        assert!(facts.unread.is_empty());
        // Two numbers of four bytes.
        assert_eq!(learnt(json!("AACAPwAAAEA=")).dimensions, Some(2));
        assert_eq!(learnt(json!([])).dimensions, Some(0));
        assert_eq!(learnt(json!([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])).dimensions, Some(3), "a vector for each token");
        assert_eq!(learnt(json!({})).dimensions, None);
    }

    proptest! {
        #[test]
        fn any_body_gives_valid_content(body in crate::json::arbitrary::near(&["input", "model", "user"])) {
            let _ = read(&body);
            prop_assert!(recorded(&body).is_object());
        }
    }
}
