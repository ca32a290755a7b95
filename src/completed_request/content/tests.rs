//! Content of real and of strange requests.

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::completed_request::limits::CONTENT_BYTES;
use crate::completed_request::sample::{answer, content};
use crate::completion::{Choice, FinishReason, ToolCall};
use crate::openai::content::{ChatParts, of_chat};

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==";

/// The messages of a request that has these.
fn asked(messages: &Value) -> Value {
    parsed(content(messages, &Value::Null, &[]).input.as_deref())
}

/// The parts of a message with this content.
fn parts(of_content: &Value) -> Value {
    asked(&json!([{ "role": "user", "content": of_content }]))[0]["parts"].clone()
}

fn parsed(json: Option<&RawValue>) -> Value {
    json.map_or(Value::Null, |json| serde_json::from_str(json.get()).unwrap())
}

#[test]
fn texts_become_parts() {
    assert_eq!(parts(&json!("hi")), json!([{ "type": "text", "content": "hi" }]));
    let list = json!([{ "type": "text", "text": "one" }, { "type": "input_text", "text": "two" }, "three"]);
    let expected = ["one", "two", "three"].map(|text| json!({ "type": "text", "content": text }));
    assert_eq!(parts(&list), json!(expected));
    assert_eq!(parts(&Value::Null), json!([]));
}

#[test]
fn images_recordings_and_files_are_named_but_not_repeated() {
    for (part, expected) in [
        (
            json!({ "type": "image_url", "image_url": { "url": PNG } }),
            json!({ "type": "blob", "modality": "image", "mime_type": "image/png" }),
        ),
        (
            json!({ "type": "image_url", "image_url": "https://example.com/private.png?sig=abc" }),
            json!({ "type": "uri", "modality": "image", "uri": "https://example.com/private.png?sig=abc" }),
        ),
        (
            json!({ "type": "image_url", "image_url": { "url": "data:;base64,iVBORw0KGgo=" } }),
            json!({ "type": "uri", "modality": "image" }),
        ),
        (
            json!({ "type": "input_file", "file_url": "https://example.com/a.pdf" }),
            json!({ "type": "uri", "modality": "file", "uri": "https://example.com/a.pdf" }),
        ),
        (
            json!({ "type": "input_audio", "input_audio": { "data": "UklGRg==", "format": "wav" } }),
            json!({ "type": "blob", "modality": "audio", "mime_type": "audio/wav" }),
        ),
        (
            json!({ "type": "file", "file": { "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0=" } }),
            json!({ "type": "blob", "modality": "file", "mime_type": "application/pdf" }),
        ),
        (json!({ "type": "file", "file": { "file_id": "file-1" } }), json!({ "type": "uri", "modality": "file" })),
        (json!({ "type": "hologram", "data": "AAAA" }), json!({ "type": "hologram" })),
        (
            json!({ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }),
            json!({ "type": "reasoning", "content": "hm" }),
        ),
        (
            json!({ "type": "text", "text": format!("see {PNG}!") }),
            json!({ "type": "text", "content": "see [image/png]!" }),
        ),
    ] {
        assert_eq!(parts(&json!([part])), json!([expected]));
    }
}

#[test]
fn a_media_type_is_read_where_slashes_are_escaped() {
    let messages =
        r#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image\/png;base64,iVBO"}}]}]"#;
    let messages: Box<RawValue> = serde_json::from_str(messages).unwrap();
    let content = of_chat(ChatParts { messages: Some(&messages), tools: None }, &[]);
    assert_eq!(parsed(content.input.as_deref())[0]["parts"][0]["mime_type"], "image/png");
}

#[test]
fn tool_calls_and_their_responses_are_distinguished() {
    let messages = json!([
        { "role": "assistant", "content": null, "reasoning": "I should look.",
          "tool_calls": [{ "id": "call_1", "type": "function",
                           "function": { "name": "weather", "arguments": "{\"city\":\"Paris\"}" } }] },
        { "role": "tool", "tool_call_id": "call_1", "content": "18 °C" },
        { "role": "tool", "tool_call_id": "call_2",
          "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b" },
                      { "type": "image_url", "image_url": { "url": PNG } }] },
    ]);
    assert_eq!(
        asked(&messages),
        json!([
            { "role": "assistant", "parts": [
                { "type": "reasoning", "content": "I should look." },
                { "type": "tool_call", "id": "call_1", "name": "weather", "arguments": { "city": "Paris" } } ] },
            { "role": "tool", "parts": [
                { "type": "tool_call_response", "id": "call_1", "response": "18 °C", "result": "18 °C" } ] },
            { "role": "tool", "parts": [
                { "type": "tool_call_response", "id": "call_2", "response": "a\nb", "result": "a\nb" },
                { "type": "blob", "modality": "image", "mime_type": "image/png" } ] },
        ])
    );
}

#[test]
fn system_messages_are_the_instructions_and_stand_there_only() {
    let messages = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "developer", "content": [{ "type": "text", "text": "Answer in French." }] },
        { "role": "user", "name": "ada", "content": "Hello" },
    ]);
    let content = content(&messages, &Value::Null, &[]);
    let text = |text: &str| json!({ "type": "text", "content": text });
    assert_eq!(parsed(content.system_instructions.as_deref()), json!([text("Be brief."), text("Answer in French.")]));
    let input = parsed(content.input.as_deref());
    assert_eq!(input, json!([{ "role": "user", "name": "ada", "parts": [text("Hello")] }]));
}

#[test]
fn tools_are_flattened() {
    let tools = json!([
        { "type": "function", "function": { "name": "weather", "description": "Now", "strict": true,
                                            "parameters": { "type": "object", "properties": {} } } },
        { "type": "web_search" },
        "nonsense",
    ]);
    let content = content(&json!([]), &tools, &[]);
    assert_eq!(
        parsed(content.tools.as_deref()),
        json!([
            { "type": "function", "name": "weather", "description": "Now",
              "parameters": { "type": "object", "properties": {} } },
            { "type": "web_search" },
        ])
    );
}

#[test]
fn answers_hold_all_that_the_model_said() {
    let choice = Choice {
        text: "Calling\0.".into(),
        reasoning: "Think.".into(),
        tool_calls: vec![ToolCall { id: "call_1".into(), name: "f".into(), arguments: "{\"a\":".into() }].into(),
        finish_reason: Some(FinishReason::ToolCalls),
        ..Choice::default()
    };
    let refusal = Choice { refusal: "I will not.".into(), ..Choice::default() };
    let content = content(&json!([]), &Value::Null, &[choice, refusal]);
    assert_eq!(
        parsed(content.output.as_deref()),
        json!([
            { "role": "assistant", "finish_reason": "tool_calls", "parts": [
                { "type": "reasoning", "content": "Think." },
                { "type": "text", "content": "Calling\u{fffd}." },
                { "type": "tool_call", "id": "call_1", "name": "f", "arguments": "{\"a\":" } ] },
            { "role": "assistant", "finish_reason": "error", "parts": [{ "type": "text", "content": "I will not." }] },
        ])
    );
}

#[test]
fn nul_and_lone_surrogates_become_replacement_characters() {
    let messages = RawValue::from_string(r#"[{"role":"user","content":"a\u0000b\ud800c"}]"#.to_owned()).unwrap();
    let content = of_chat(ChatParts { messages: Some(&messages), tools: None }, &[]);
    assert_eq!(parsed(content.input.as_deref())[0]["parts"][0]["content"], "a\u{fffd}b\u{fffd}c");
}

#[test]
fn recorded_content_is_read_back_and_never_printed() {
    let content =
        content(&json!([{ "role": "system", "content": "canary" }]), &json!([{ "type": "t" }]), &[answer("x")]);
    let bytes = content.to_bytes();
    let read = ContentRef::from_bytes(&bytes).unwrap();
    assert_eq!(read.input.map(RawValue::get), content.input.as_deref().map(RawValue::get));
    assert_eq!(read.output.map(RawValue::get), content.output.as_deref().map(RawValue::get));
    assert_eq!(read.tools.map(RawValue::get), content.tools.as_deref().map(RawValue::get));
    assert_eq!(parsed(read.system_instructions)[0]["content"], "canary");
    assert!(!format!("{content:?}{read:?}").contains("canary"));
    assert!(ContentRef::from_bytes(b"[").is_err());
}

#[test]
fn the_oldest_messages_go_first_but_never_the_instructions() {
    let mut messages = vec![json!({ "role": "system", "content": "Be brief." })];
    messages.extend((0..30).map(|n| json!({ "role": "user", "content": format!("{n} {}", "x".repeat(100 * 1024)) })));
    let content = content(&messages.into(), &Value::Null, &[answer("done")]);
    assert!(content.as_borrowed().size() <= CONTENT_BYTES);
    assert_eq!(content.original_length, Some(30));
    assert_eq!(parsed(content.system_instructions.as_deref())[0]["content"], "Be brief.");
    let input = parsed(content.input.as_deref());
    let input = input.as_array().unwrap();
    assert_eq!(input.len(), 8);
    let newest = input[7]["parts"][0]["content"].as_str().unwrap();
    assert!(newest.starts_with("29 ") && newest.len() > 100 * 1024, "whole messages are left whole");
    assert_eq!(parsed(content.output.as_deref())[0]["parts"][0]["content"], "done");
}

#[test]
fn a_single_text_that_is_too_long_is_cut_with_a_mark() {
    let content = content(&json!([{ "role": "user", "content": "ä\"".repeat(1_000_000) }]), &Value::Null, &[]);
    let size = content.as_borrowed().size();
    assert!((CONTENT_BYTES - 8..=CONTENT_BYTES).contains(&size), "{size}");
    let text = parsed(content.input.as_deref())[0]["parts"][0]["content"].clone();
    assert!(text.as_str().unwrap().ends_with("… [cut]"));
    assert_eq!(content.original_length, None, "no message was left out");
}

#[test]
fn texts_are_cut_to_the_same_length_and_fill_the_budget() {
    let text = |letter: &str, length| json!({ "type": "text", "text": letter.repeat(length) });
    let call =
        json!({ "id": "c", "function": { "name": "f", "arguments": json!({ "a": "e".repeat(900_000) }).to_string() } });
    let schema = |length| json!({ "type": "object", "title": "s".repeat(length) });
    let tool = |length| json!({ "type": "function", "function": { "name": "f", "parameters": schema(length) } });
    let messages = json!([
        { "role": "system", "content": "a".repeat(1_000_000) },
        { "role": "assistant", "content": [text("b", 100_000), { "type": "text", "text": "\"".repeat(700_000) }], "tool_calls": [call] },
    ]);
    let content = content(&messages, &json!([tool(800_000), tool(1_000)]), &[answer("done")]);
    let size = content.as_borrowed().size();
    assert!((CONTENT_BYTES - 32..=CONTENT_BYTES).contains(&size), "{size}");
    let (instructions, input) = (parsed(content.system_instructions.as_deref()), parsed(content.input.as_deref()));
    let parts = &input[0]["parts"];
    let written = |text: &Value| text.to_string().len();
    let (instructions, quotes) = (written(&instructions[0]["content"]), written(&parts[1]["content"]));
    assert!(instructions.abs_diff(quotes) <= 2 && instructions.abs_diff(written(&parts[2]["arguments"])) <= 4);
    assert_eq!(parts[2]["arguments"].as_str().map(|text| &text[..8]), Some("{\"a\":\"ee"));
    let tools = parsed(content.tools.as_deref());
    assert_eq!((&tools[0]["parameters"], &tools[1]["parameters"]), (&Value::Null, &schema(1_000)));
    assert_eq!(parsed(content.output.as_deref())[0]["parts"][0]["content"], "done");
}

/// What a program of format 1 recorded of a question with instructions.
#[test]
fn document_of_format_1_has_its_instructions_once_and_is_not_cut() {
    let recorded = json!({
        "system_instructions": "Be brief.\n\nAnswer in French.",
        "input": [
            { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
            { "role": "developer", "parts": [{ "type": "text", "content": "Answer in French." }] },
            { "role": "user", "parts": [{ "type": "text", "content": "Hello" }] },
            { "role": "assistant", "parts": [{ "type": "tool_call", "id": "c", "name": "f", "arguments": "{\"a\":1}" }] },
        ],
        "output": [{ "role": "assistant", "parts": [{ "type": "text", "content": "Salut" }], "finish_reason": "stop" }],
    })
    .to_string();
    let read = ContentRef::from_bytes(recorded.as_bytes()).unwrap();
    for budget in [100_000, 300] {
        let texts = read.texts(budget);
        let value =
            |text: &Option<std::borrow::Cow<'_, str>>| serde_json::from_str::<Value>(text.as_deref().unwrap()).unwrap();
        let instructions = value(&texts.system_instructions);
        assert_eq!(instructions, json!([{ "type": "text", "content": "Be brief.\n\nAnswer in French." }]));
        assert!(!texts.input.as_deref().unwrap().contains("brief"));
        assert_eq!(texts.cut, budget == 300);
    }
}

#[test]
fn tens_of_thousands_of_tiny_parts_fit_too() {
    let tiny = vec![json!({ "type": "text", "text": "x" }); 40_000];
    let tools = vec![json!({ "type": "function", "function": { "name": "f" } }); 10_000];
    let content = content(&json!([{ "role": "user", "content": tiny }]), &tools.into(), &[]);
    assert!(content.as_borrowed().size() <= CONTENT_BYTES);
    assert!(content.input.is_some());
}

#[test]
fn ten_thousand_levels_of_nesting_do_no_harm() {
    let deep = format!("[{{\"role\":\"user\",\"content\":{}{}}}]", "[".repeat(10_000), "]".repeat(10_000));
    let deep = RawValue::from_string(deep).unwrap();
    of_chat(ChatParts { messages: Some(&deep), tools: Some(&deep) }, &[]);
}

proptest! {
    #[test]
    fn any_json_gives_content_within_any_budget(messages in any_json(), tools in any_json(), budget in 0_usize..2_000) {
        let content = content(&messages, &tools, &[answer("text")]);
        let bytes = content.to_bytes();
        let read = ContentRef::from_bytes(&bytes).unwrap();
        let texts = read.texts(budget);
        let (input, output) = (texts.input.as_deref(), texts.output.as_deref());
        let json = [input, output, texts.tools.as_deref(), texts.system_instructions.as_deref()];
        let size: usize = json.iter().flatten().map(|json| json.len()).sum();
        prop_assert!(size <= budget);
        for json in json.into_iter().flatten() {
            prop_assert!(serde_json::from_str::<Vec<Value>>(json).is_ok());
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "system|user|tool|assistant|text|image_url|function|data:a/b;base64,AA".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let keys = "role|content|type|text|tool_calls|function|arguments|name|image_url|url|refusal|tool_call_id|x";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(keys, inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}
