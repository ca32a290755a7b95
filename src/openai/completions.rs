//! OpenAI's older `/completions`: reads what is recorded of a request and of its answer.

use super::fields::{self, Kind};
use super::prompts;
use super::{CallerHeaders, Invalid, RequestFacts, context};
use crate::completed_request::Parameters;
use crate::completed_request::content::{Content, Conversation, Message, Part};
use crate::completed_request::limits::CONTENT_BYTES;
use crate::completion::{self, Choice};
use crate::json::{Members, escapes};

/// A body as it should be.
pub const EXAMPLE: &str = r#"{"model": …, "prompt": …}"#;

const KNOWN: [(&str, Kind); 13] = [
    ("model", Kind::Text),
    ("stream", Kind::Flag),
    ("stream_options", Kind::Object),
    ("temperature", Kind::Number),
    ("top_p", Kind::Number),
    ("top_k", Kind::Number),
    ("max_tokens", Kind::Whole),
    ("frequency_penalty", Kind::Number),
    ("presence_penalty", Kind::Number),
    ("stop", Kind::TextOrTexts),
    ("seed", Kind::Whole),
    ("n", Kind::Whole),
    ("user", Kind::Text),
];

/// What is recorded of a request beside its content. Other fields than the known ones are the upstream's business.
///
/// # Errors
/// What is wrong, and where.
pub fn facts(members: &Members<'_>, headers: &CallerHeaders) -> Result<RequestFacts, Invalid> {
    prompts::check(members, "prompt")?;
    fields::check(members, &KNOWN)?;
    let context = context::of_caller(members, members.get("user"), headers)?;
    Ok(RequestFacts { context, ..readable(members) })
}

/// What can be read of a body that was refused.
pub fn facts_of_refused(members: &Members<'_>, headers: &CallerHeaders) -> RequestFacts {
    RequestFacts { context: context::of_refused(members, members.get("user"), headers), ..readable(members) }
}

fn readable(members: &Members<'_>) -> RequestFacts {
    let parameters = Parameters {
        temperature: members.read("temperature"),
        top_p: members.read("top_p"),
        top_k: members.read("top_k"),
        max_tokens: fields::whole(members, "max_tokens"),
        frequency_penalty: members.read("frequency_penalty"),
        presence_penalty: members.read("presence_penalty"),
        stop_sequences: fields::stop_sequences(members, "stop"),
        seed: fields::whole(members, "seed"),
        token_arrays: prompts::token_arrays(members, "prompt"),
        ..Parameters::default()
    };
    let streaming = members.read("stream").unwrap_or_default();
    RequestFacts { model: fields::model(members), streaming, parameters, ..RequestFacts::default() }
}

/// What was asked by a body and answered. All prompts are one message of the user.
pub fn of_body(body: &str, answer: &[Choice]) -> Content {
    let body = escapes::repair(body);
    let members = Members::of(&body).unwrap_or_default();
    let parts: Vec<Part<'_>> = prompts::texts(members.get("prompt")).into_iter().map(Part::text).collect();
    let asked = (!parts.is_empty()).then(|| Message { role: "user".into(), parts, ..Message::default() });
    let input = asked.into_iter().collect();
    let output = completion::messages(answer);
    Conversation { input, output, ..Conversation::default() }.fit(CONTENT_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::completion::Completion;
    use crate::openai;

    fn read(body: &Value) -> Result<RequestFacts, Invalid> {
        facts(&Members::of(&body.to_string()).unwrap(), &CallerHeaders::default())
    }

    fn recorded(body: &Value) -> Value {
        serde_json::from_slice(&of_body(&body.to_string(), &[]).to_bytes()).unwrap()
    }

    #[test]
    fn prompts_are_one_message_of_the_user() {
        let message = |parts: Value| json!([{ "role": "user", "parts": parts }]);
        let text = |text| json!({ "type": "text", "content": text });
        assert_eq!(recorded(&json!({ "prompt": "Say" }))["input"], message(json!([text("Say")])));
        assert_eq!(recorded(&json!({ "prompt": ["a", "b"] }))["input"], message(json!([text("a"), text("b")])));
        assert_eq!(recorded(&json!({ "prompt": [1, 2] })), json!({}));
    }

    #[test]
    fn texts_of_choices_are_the_answer_whole_or_in_chunks() {
        let choice =
            |text: &str, reason: Value| json!({ "index": 0, "text": text, "logprobs": null, "finish_reason": reason });
        let answer =
            |choice: Value| json!({ "id": "cmpl-1", "object": "text_completion", "model": "m-1", "choices": [choice] });
        let learnt = |answers: &[Value]| {
            let mut completion = Completion::default();
            for answer in answers {
                openai::learn(&mut completion, &Members::of(&answer.to_string()).unwrap());
            }
            completion
        };
        let whole = learnt(&[answer(choice("Paris.", json!("stop")))]);
        let streamed = learnt(&[
            answer(choice("Par", Value::Null)),
            answer(choice("is.", Value::Null)),
            answer(choice("", json!("stop"))),
        ]);
        assert_eq!((&*whole.choices[0].text, whole.is_finished()), ("Paris.", true));
        assert_eq!(streamed.choices, whole.choices);
        assert_eq!(streamed.facts("x"), whole.facts("x"));
        assert!(whole.facts("x").unread.is_empty());
    }

    #[test]
    fn sampling_parameters_are_read() {
        let body = json!({ "prompt": [1, 2], "model": "m", "stream": true, "max_tokens": 5, "stop": "x", "seed": 3 });
        let facts = read(&body).unwrap();
        let expected = Parameters {
            max_tokens: Some(5),
            stop_sequences: vec!["x".into()],
            seed: Some(3),
            token_arrays: Some(1),
            ..Parameters::default()
        };
        assert_eq!((facts.model.as_str(), facts.streaming, facts.parameters), ("m", true, expected));
    }

    #[test]
    fn fields_of_a_wrong_type_are_named() {
        for (body, field) in [
            (json!({ "messages": [] }), "prompt"),
            (json!({ "prompt": "x", "stop": [7] }), "stop"),
            (json!({ "prompt": "x", "stream_options": 7 }), "stream_options"),
        ] {
            assert_eq!(read(&body).unwrap_err().field.as_deref(), Some(field), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_body_gives_valid_content(body in crate::json::arbitrary::near(&["prompt", "model", "stop", "stream"])) {
            let _ = read(&body);
            prop_assert!(recorded(&body).is_object());
        }
    }
}
