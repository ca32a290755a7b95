//! What holds for any answer: text in is text out however it is cut, a stream and a whole answer are the same, and
//! nothing panics.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::learn;
use crate::completion::{Completion, messages};
use crate::json::Members;

/// Members that readers look at, and one that nobody knows.
const KEYS: [&str; 24] = [
    "choices",
    "index",
    "delta",
    "message",
    "content",
    "role",
    "type",
    "text",
    "reasoning",
    "reasoning_content",
    "thinking",
    "tool_calls",
    "function",
    "id",
    "name",
    "arguments",
    "finish_reason",
    "usage",
    "prompt_tokens",
    "total_tokens",
    "error",
    "images",
    "audio",
    "smell",
];

fn learnt<'e>(events: impl IntoIterator<Item = &'e str>) -> Completion {
    let mut completion = Completion::default();
    for event in events {
        if let Some(members) = Members::of(event) {
            learn(&mut completion, &members);
        }
    }
    completion
}

fn chunk(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#)
}

/// UTF-16 as JSON escapes, so that a cut may fall between the halves of a pair.
fn escaped(units: &[u16]) -> String {
    units.iter().fold(String::new(), |json, unit| format!("{json}\\u{unit:04x}"))
}

/// The pieces of a list that is cut in some places.
fn pieces<'l, T>(list: &'l [T], cuts: &[Index]) -> Vec<&'l [T]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(list.len() + 1)).chain([0, list.len()]).collect();
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &list[pair[0]..pair[1]]).collect()
}

fn units() -> impl Strategy<Value = Vec<u16>> {
    let texts = ".{0,12}".prop_map(|text| text.encode_utf16().collect());
    let halves = prop::sample::select(vec![0xd83d_u16, 0xde00, 0x61]);
    prop_oneof![texts, prop::collection::vec(halves, 0..8)]
}

/// Any JSON of the members that are known, each with any value.
fn answer() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(|stop|error|text|thinking|[a-z]{1,3})".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        let members = prop::collection::vec((prop::sample::select(&KEYS[..]), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn text_comes_out_as_it_went_in_however_it_is_cut(units in units(), cuts in prop::collection::vec(any::<Index>(), 0..6)) {
        let expected = String::from_utf16_lossy(&units);
        for (key, delta) in [
            ("content", r#"{"content":"@"}"#),
            ("parts", r#"{"content":[{"type":"text","text":"@"}]}"#),
            ("reasoning", r#"{"reasoning":null,"reasoning_content":"@"}"#),
            ("thinking", r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"@"}]}]}"#),
            ("refusal", r#"{"refusal":"@"}"#),
            ("transcript", r#"{"audio":{"transcript":"@"}}"#),
            ("arguments", r#"{"tool_calls":[{"index":0,"function":{"arguments":"@"}}]}"#),
        ] {
            let chunks: Vec<String> =
                pieces(&units, &cuts).into_iter().map(|piece| chunk(&delta.replace('@', &escaped(piece)))).collect();
            let completion = learnt(chunks.iter().map(String::as_str));
            let choice = &completion.choices[0];
            let texts = [&choice.text, &choice.reasoning, &choice.refusal].map(|text| &**text).into_iter();
            let arguments = choice.tool_calls.iter().map(|call| &*call.arguments);
            prop_assert_eq!(texts.chain(arguments).collect::<String>(), &expected[..], "{}", key);
        }
    }

    #[test]
    fn stream_and_whole_answer_are_the_same(
        text in ".{0,20}", reasoning in ".{0,20}",
        calls in prop::collection::vec(("[a-z]{1,8}", "\\{\"a\":\"[a-z😀]{0,8}\"\\}"), 0..4),
        cuts in prop::collection::vec(any::<Index>(), 0..4),
    ) {
        let call = |index: usize, name: &str, arguments: &str| json!({
            "index": index, "id": format!("call_{index}"), "type": "function",
            "function": { "name": name, "arguments": arguments } });
        let whole_calls: Vec<Value> =
            calls.iter().enumerate().map(|(index, (name, arguments))| call(index, name, arguments)).collect();
        let usage = json!({ "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 0.5 });
        let whole = json!({ "id": "c", "model": "m", "usage": usage, "choices": [{
            "index": 0, "finish_reason": "stop", "message": {
                "role": "assistant", "content": text, "reasoning": reasoning, "tool_calls": whole_calls } }] });

        let mut chunks = vec![json!({ "id": "c", "model": "m", "choices": [{ "delta": { "role": "assistant" } }] }).to_string()];
        let characters = |text: &str| text.chars().collect::<Vec<char>>();
        for (key, text) in [("content", &text), ("reasoning", &reasoning)] {
            for piece in pieces(&characters(text), &cuts) {
                chunks.push(chunk(&json!({ key: piece.iter().collect::<String>() }).to_string()));
            }
        }
        for (index, (name, arguments)) in calls.iter().enumerate() {
            for piece in pieces(&characters(arguments), &cuts) {
                let piece: String = piece.iter().collect();
                chunks.push(chunk(&json!({ "tool_calls": [call(index, name, &piece)] }).to_string()));
            }
        }
        chunks.push(json!({ "usage": usage, "choices": [{ "delta": {}, "finish_reason": "stop" }] }).to_string());

        let (whole, streamed) = (learnt([whole.to_string().as_str()]), learnt(chunks.iter().map(String::as_str)));
        prop_assert_eq!(json!(messages(&whole.choices)), json!(messages(&streamed.choices)));
        prop_assert_eq!(whole.facts("p"), streamed.facts("p"));
        prop_assert_eq!((whole.usage(), whole.cost), (streamed.usage(), streamed.cost));
    }

    #[test]
    fn any_answers_give_a_record_and_no_panic(answers in prop::collection::vec(answer(), 0..6)) {
        let texts: Vec<String> = answers.iter().map(Value::to_string).collect();
        let completion = learnt(texts.iter().map(String::as_str));
        prop_assert!(serde_json::to_string(&messages(&completion.choices)).is_ok());
        let facts = completion.facts("p");
        prop_assert!(facts.unread.len() <= 16 && facts.finish_reasons.len() <= completion.choices.len());
        prop_assert!(completion.cost.is_none_or(|cost| cost >= 0.0));
    }
}

#[test]
fn ten_thousand_deltas_come_together() {
    let piece = |number: usize| {
        let call = number % 200;
        json!({ "content": "ab", "reasoning": "c", "tool_calls": [
            { "index": 0, "id": format!("call_{call}"), "function": { "name": "f", "arguments": "{}" } }] })
    };
    let chunks: Vec<String> = (0..10_000).map(|number| chunk(&piece(number).to_string())).collect();
    let completion = learnt(chunks.iter().map(String::as_str));
    let choice = &completion.choices[0];
    assert_eq!((choice.text.len(), choice.reasoning.len(), choice.tool_calls.len()), (20_000, 10_000, 200));
    assert!(choice.tool_calls.iter().all(|call| &*call.name == "f" && call.arguments.len() == 100));
}
