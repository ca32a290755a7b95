//! What was asked of `/messages`, and what was answered, as messages. Any body gives some content; nothing here fails.

use serde_json::value::RawValue;

use super::{block, tools};
use crate::completed_request::content::{Content, Conversation, Message};
use crate::completed_request::limits::CONTENT_BYTES;
use crate::completion::{self, Choice};
use crate::json::{Members, escapes};
use crate::openai::content::texts::text;
use crate::openai::fields::items;

/// What was asked by a body and answered. Of a body that is no object, nothing was asked.
pub fn of_body(body: &str, answer: &[Choice]) -> Content {
    let body = escapes::repair(body);
    let members = Members::of(&body).unwrap_or_default();
    let mut conversation = Conversation {
        input: items(members.get("messages")).into_iter().map(message).collect(),
        output: completion::messages(answer),
        system_instructions: block::parts(members.get("system")),
        tools: tools::list(members.get("tools")),
        ..Conversation::default()
    };
    conversation.gather_system_instructions();
    conversation.fit(CONTENT_BYTES)
}

fn message(json: &RawValue) -> Message<'_> {
    let message = Members::of(json.get()).unwrap_or_default();
    let role = text(message.get("role")).unwrap_or("unknown".into());
    Message { role, parts: block::parts(message.get("content")), ..Message::default() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn recorded(body: &Value) -> Value {
        serde_json::from_slice(&of_body(&body.to_string(), &[]).to_bytes()).unwrap()
    }

    /// The parts of a message with this content.
    fn parts(content: &Value) -> Value {
        recorded(&json!({ "messages": [{ "role": "user", "content": content }] }))["input"][0]["parts"].clone()
    }

    #[test]
    fn texts_and_blocks_become_parts() {
        assert_eq!(parts(&json!("Hi")), json!([{ "type": "text", "content": "Hi" }]));
        let blocks = json!([
            { "type": "thinking", "thinking": "Hm.", "signature": "CANARY" },
            { "type": "redacted_thinking", "data": "CANARY" },
            { "type": "text", "text": "Let me look.", "cache_control": { "type": "ephemeral" } },
            { "type": "tool_use", "id": "toolu_1", "name": "weather", "input": { "city": "Rome" } },
        ]);
        let expected = json!([
            { "type": "reasoning", "content": "Hm." },
            { "type": "redacted_thinking" },
            { "type": "text", "content": "Let me look." },
            { "type": "tool_call", "id": "toolu_1", "name": "weather", "arguments": { "city": "Rome" } },
        ]);
        assert_eq!(parts(&blocks), expected);
    }

    #[test]
    fn results_of_tools_become_responses() {
        let response =
            |id: &str, text: &str| json!({ "type": "tool_call_response", "id": id, "response": text, "result": text });
        let blocks = json!([
            { "type": "tool_result", "tool_use_id": "t1", "content": "18 °C" },
            { "type": "tool_result", "tool_use_id": "t2", "is_error": true, "content": [
                { "type": "text", "text": "a" }, { "type": "text", "text": "b" },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "CANARY" } } ] },
            { "type": "tool_result", "tool_use_id": "t3" },
            { "type": "web_search_tool_result", "tool_use_id": "s1", "content": [
                { "type": "web_search_result", "title": "Rome", "url": "https://example.com", "encrypted_content": "CANARY" } ] },
        ]);
        let recorded = parts(&blocks);
        assert!(!recorded.to_string().contains("CANARY"));
        assert_eq!(recorded[0], response("t1", "18 °C"));
        assert_eq!(recorded[1], response("t2", "a\nb"));
        assert_eq!(recorded[2], json!({ "type": "blob", "modality": "image", "mime_type": "image/png" }));
        assert_eq!(recorded[3], response("t3", ""));
        let result = r#"[{"type":"web_search_result","title":"Rome","url":"https://example.com"}]"#;
        assert_eq!(recorded[4], response("s1", result));
    }

    #[test]
    fn images_and_documents_are_named_but_not_repeated() {
        for (block, expected) in [
            (
                json!({ "type": "image", "source": { "type": "url", "url": "https://example.com/CANARY.png" } }),
                json!({ "type": "uri", "modality": "image", "uri": "https://example.com/CANARY.png" }),
            ),
            (
                json!({ "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": "CANARY" } }),
                json!({ "type": "blob", "modality": "file", "mime_type": "application/pdf" }),
            ),
            (
                json!({ "type": "document", "title": "T", "source": { "type": "file", "file_id": "file_1" } }),
                json!({ "type": "uri", "modality": "file" }),
            ),
            (json!({ "type": "container_upload", "file_id": "f" }), json!({ "type": "container_upload" })),
        ] {
            assert_eq!(parts(&json!([block])), json!([expected]));
        }
    }

    #[test]
    fn system_is_text_or_blocks() {
        let system = |system: Value| recorded(&json!({ "system": system }))["system_instructions"].clone();
        let text = |text: &str| json!({ "type": "text", "content": text });
        assert_eq!(system(json!("Be brief.")), json!([text("Be brief.")]));
        let blocks = json!([{ "type": "text", "text": "One." }, { "type": "text", "text": "Two." }]);
        assert_eq!(system(blocks), json!([text("One."), text("Two.")]));
    }

    #[test]
    fn tools_are_described_by_their_schema() {
        let tools = json!([
            { "name": "weather", "description": "Now", "input_schema": { "type": "object" } },
            { "type": "web_search_20250305", "name": "web_search", "max_uses": 5 },
        ]);
        let expected = json!([
            { "type": "function", "name": "weather", "description": "Now", "parameters": { "type": "object" } },
            { "type": "web_search_20250305", "name": "web_search" },
        ]);
        assert_eq!(recorded(&json!({ "tools": tools }))["tools"], expected);
    }

    proptest! {
        #[test]
        fn any_body_gives_valid_content(body in crate::json::arbitrary::near(&[
            "messages", "system", "tools", "type", "role", "content", "text", "thinking", "tool_use", "tool_result", "input", "id",
            "image", "document", "source", "data", "media_type", "user", "assistant",
        ])) {
            prop_assert!(recorded(&body).is_object());
        }
    }
}
