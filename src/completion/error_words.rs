//! What a model server says of an error, in whichever shape.

use serde_json::Value;

use super::short::short;
use crate::json::escapes::repair_surrogates;
use crate::json::{Members, Text};

/// Longest message that is kept, in characters.
const MESSAGE_CHARS: usize = 2_000;
/// Sentences of a list that are kept.
const SENTENCES: usize = 8;
/// Where an object keeps its sentence, or what holds it.
const HOLDERS: [&str; 5] = ["error", "message", "msg", "detail", "errors"];
/// Members of answers. An object with one of them is an answer, whatever else it says.
const OF_ANSWERS: [&str; 6] = ["choices", "output", "content", "data", "usage", "delta"];

/// A server's own words. `kind` (its `type`), `code` and `param` are texts or numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ErrorWords {
    pub message: Option<String>,
    pub kind: Option<Value>,
    pub code: Option<Value>,
    pub param: Option<Value>,
}

impl ErrorWords {
    /// Of the body of an error.
    pub fn of_body(body: &[u8]) -> Self {
        serde_json::from_slice(&repair_surrogates(body)).map(|body| Self::of(&body)).unwrap_or_default()
    }

    /// Of an error as it came: `{"error": {…}}`, a list of it, `{"error": "…"}`, `{"message": …}`, `{"detail": […]}`, a
    /// text.
    pub fn of(error: &Value) -> Self {
        let message = sentence(error).map(|message| message.chars().take(MESSAGE_CHARS).collect());
        let innermost = innermost(error);
        let word = |key: &str| match &innermost[key] {
            Value::String(text) => Some(Value::from(short(text))),
            number @ Value::Number(_) => Some(number.clone()),
            _ => None,
        };
        Self { message, kind: word("type"), code: word("code"), param: word("param") }
    }

    /// Of a body or an event with status 200 that tells of an error; None where it is an answer.
    pub fn of_answer(answer: &Members<'_>) -> Option<Self> {
        if let Some(error) = answer.value("error").filter(says_something) {
            return Some(Self::of(&error));
        }
        (is_named_error(answer) || is_nothing_but_words(answer)).then(|| Self::of(&answer.to_value()))
    }

    /// Of an event that is a list of errors, as Gemini's are.
    pub fn of_list(list: &str) -> Option<Self> {
        serde_json::from_str::<Vec<Members<'_>>>(list).ok()?.iter().find_map(Self::of_answer)
    }

    /// The HTTP status that the error names as its code.
    pub fn status(&self) -> Option<u16> {
        let code = self.code.as_ref()?;
        let code = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
        u16::try_from(code).ok().filter(|code| (400..600).contains(code))
    }
}

/// vLLM's `{"object": "error", "message": …}`.
fn is_named_error(answer: &Members<'_>) -> bool {
    ["object", "type"].iter().any(|key| answer.read::<Text<'_>>(key).as_deref() == Some("error"))
}

/// `{"detail": …}`, or a message beside a code. A message alone may be a server that says that it is still at work.
fn is_nothing_but_words(answer: &Members<'_>) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| answer.get(key).is_some());
    let is_answer = OF_ANSWERS.iter().any(|key| answer.contains(key));
    let has_words = || sentence(&answer.to_value()).is_some();
    !is_answer && (has(&["detail", "errors"]) || has(&["code", "type"]) && has(&["message", "msg"])) && has_words()
}

/// `"error": ""`, `false` and `{}` are no errors.
fn says_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// The sentence of an error, or those of its list.
fn sentence(error: &Value) -> Option<String> {
    match error {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(items) => {
            let sentences: Vec<String> = items.iter().filter_map(sentence).take(SENTENCES).collect();
            (!sentences.is_empty()).then(|| sentences.join("; "))
        }
        Value::Object(members) => {
            let sentence = HOLDERS.iter().find_map(|holder| sentence(members.get(*holder)?))?;
            Some(match place(&error["loc"]) {
                Some(place) => format!("{place}: {sentence}"),
                None => sentence,
            })
        }
        _ => None,
    }
}

/// Where a request is wrong, as `FastAPI` says it: `["body", "messages", 0]`.
fn place(loc: &Value) -> Option<String> {
    let steps = loc.as_array()?.iter().map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned));
    Some(steps.collect::<Vec<_>>().join(".")).filter(|place| !place.is_empty())
}

/// The object with `type`, `code` and `param`.
fn innermost(error: &Value) -> &Value {
    match error {
        Value::Array(items) => items.first().map_or(error, innermost),
        Value::Object(members) => match members.get("error") {
            Some(inner @ (Value::Object(_) | Value::Array(_))) => innermost(inner),
            _ => error,
        },
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_every_shape_are_read() {
        for (error, message) in [
            (json!({ "error": { "message": "engine queue is full", "code": 429 } }), "engine queue is full"),
            (
                json!([{ "error": { "code": 400, "message": "Unknown name x", "status": "INVALID_ARGUMENT" } }]),
                "Unknown name x",
            ),
            (json!({ "error": "model not loaded" }), "model not loaded"),
            (json!({ "object": "error", "message": "too long", "code": 400 }), "too long"),
            (
                json!({ "object": "error", "message": { "detail": [
                    { "loc": ["body", "seed"], "msg": "Extra inputs are not permitted" }] } }),
                "body.seed: Extra inputs are not permitted",
            ),
            (
                json!({ "detail": [{ "loc": ["body", "messages", 0], "msg": "Field required" }, { "msg": "And more" }] }),
                "body.messages.0: Field required; And more",
            ),
            (json!({ "detail": "Not Found" }), "Not Found"),
            (json!({ "error": true, "message": "overloaded" }), "overloaded"),
            (json!("quoted"), "quoted"),
        ] {
            assert_eq!(ErrorWords::of(&error).message.as_deref(), Some(message), "{error}");
        }
        for error in [json!([1]), json!({}), json!({ "error": { "message": " " } }), json!(null)] {
            assert_eq!(ErrorWords::of(&error).message, None, "{error}");
        }
    }

    #[test]
    fn code_type_and_param_are_those_of_the_innermost_error() {
        let words =
            ErrorWords::of(&json!([{ "error": { "code": "429", "type": "t", "param": null, "message": "m" } }]));
        assert_eq!(
            (words.code.clone(), words.kind.clone(), words.param.clone()),
            (Some("429".into()), Some("t".into()), None)
        );
        assert_eq!(words.status(), Some(429));
        assert_eq!(ErrorWords::of(&json!({ "code": "context_length_exceeded" })).status(), None);
        assert_eq!(ErrorWords::of(&json!({ "code": 70_000 })).status(), None);
    }

    #[test]
    fn answer_is_an_error_only_where_it_says_so() {
        let of = |text: &str| {
            ErrorWords::of_answer(&Members::of(text).unwrap()).map(|words| words.message.unwrap_or_default())
        };
        for (text, message) in [
            (r#"{"error":"top_p must be below 1","choices":[]}"#, "top_p must be below 1"),
            (r#"{"object":"error","message":"too long"}"#, "too long"),
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, "Overloaded"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (r#"{"message":"gone","code":410}"#, "gone"),
            (r#"{"error":{"message":"cut \ud83d"}}"#, "cut \u{fffd}"),
            (r#"{"error":{"code":500}}"#, ""),
        ] {
            assert_eq!(of(text).as_deref(), Some(message), "{text}");
        }
        for answer in [
            r#"{"choices":[],"error":null}"#,
            r#"{"choices":[],"error":{},"message":"x","code":1}"#,
            r#"{"error":""}"#,
            r#"{"type":"ping"}"#,
            r#"{"status":"loading","message":"The model is loading"}"#,
            r#"{"message":{"role":"assistant","content":"hi"},"done":true}"#,
        ] {
            assert_eq!(of(answer), None, "{answer}");
        }
    }
}
