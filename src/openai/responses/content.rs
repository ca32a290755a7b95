//! What was asked of `/responses`, and what was answered, as messages. Any body gives some content; nothing here fails.

use super::input;
use crate::completed_request::content::{Content, Conversation, Part};
use crate::completed_request::limits::CONTENT_BYTES;
use crate::completion::{self, Choice};
use crate::json::{Members, escapes};
use crate::openai::content::texts::text;
use crate::openai::content::tools;

/// What was asked by a body and answered. Of a body that is no object, nothing was asked.
pub fn of_body(body: &str, answer: &[Choice]) -> Content {
    let body = escapes::repair(body);
    let members = Members::of(&body).unwrap_or_default();
    let mut conversation = Conversation {
        input: input::messages(members.get("input")),
        output: completion::messages(answer),
        system_instructions: text(members.get("instructions")).map(Part::text).into_iter().collect(),
        tools: members.get("tools").map(|tools| tools::list(tools.get())).unwrap_or_default(),
        ..Conversation::default()
    };
    conversation.gather_system_instructions();
    conversation.fit(CONTENT_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn input(items: &Value) -> Value {
        recorded(&json!({ "input": items }))["input"].clone()
    }

    fn recorded(body: &Value) -> Value {
        serde_json::from_slice(&of_body(&body.to_string(), &[]).to_bytes()).unwrap()
    }

    #[test]
    fn a_text_is_a_message_of_the_user_and_instructions_are_the_systems() {
        let recorded = recorded(&json!({ "instructions": "Be brief.", "input": "Hi" }));
        let expected = json!([{ "role": "user", "parts": [{ "type": "text", "content": "Hi" }] }]);
        let instructions = json!([{ "type": "text", "content": "Be brief." }]);
        assert_eq!((&recorded["input"], &recorded["system_instructions"]), (&expected, &instructions));
    }

    #[test]
    fn messages_of_developers_join_the_instructions() {
        let recorded = recorded(&json!({ "instructions": "One.", "input": [
            { "type": "message", "role": "developer", "content": [{ "type": "input_text", "text": "Two." }] },
            { "role": "system", "content": "Three." },
        ] }));
        let expected = ["One.", "Two.", "Three."].map(|text| json!({ "type": "text", "content": text }));
        assert_eq!((&recorded["system_instructions"], &recorded["input"]), (&json!(expected), &Value::Null));
    }

    #[test]
    fn calls_and_their_outputs_become_parts() {
        let items = json!([
            { "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{\"city\":\"Rome\"}" },
            { "type": "function_call_output", "call_id": "call_1", "output": "18 °C" },
            { "type": "function_call_output", "call_id": "call_2", "output": [
                { "type": "input_text", "text": "see" },
                { "type": "input_image", "image_url": "data:image/png;base64,iVBO" } ] },
            { "type": "custom_tool_call", "call_id": "call_3", "name": "apply_patch", "input": "*** Begin" },
            { "type": "custom_tool_call_output", "call_id": "call_3", "output": "Done" },
            { "type": "local_shell_call", "call_id": "call_4", "action": { "type": "exec", "command": ["ls"] } },
            { "type": "mcp_call", "id": "mcp_1", "name": "search", "arguments": "{}", "output": "found" },
            { "type": "web_search_call", "id": "ws_1", "status": "completed" },
        ]);
        let call = |id: &str, name: &str, arguments: Value| json!({ "type": "tool_call", "id": id, "name": name, "arguments": arguments });
        let response = |id: &str, response: &str| json!({ "type": "tool_call_response", "id": id, "response": response, "result": response });
        let image = json!({ "type": "blob", "modality": "image", "mime_type": "image/png" });
        assert_eq!(
            input(&items),
            json!([
                { "role": "assistant", "parts": [call("call_1", "weather", json!({ "city": "Rome" }))] },
                { "role": "tool", "parts": [response("call_1", "18 °C")] },
                { "role": "tool", "parts": [response("call_2", "see"), image] },
                { "role": "assistant", "parts": [call("call_3", "apply_patch", json!("*** Begin"))] },
                { "role": "tool", "parts": [response("call_3", "Done")] },
                { "role": "assistant", "parts": [call("call_4", "local_shell", json!({ "type": "exec", "command": ["ls"] }))] },
                { "role": "assistant", "parts": [call("mcp_1", "search", json!({})), response("mcp_1", "found")] },
                { "role": "assistant", "parts": [{ "type": "tool_call", "id": "ws_1", "name": "web_search" }] },
            ])
        );
    }

    #[test]
    fn what_is_sealed_and_bytes_of_images_are_not_recorded() {
        let recorded = recorded(&json!({ "input": [
            { "type": "reasoning", "id": "rs_1", "encrypted_content": "CANARY",
              "summary": [{ "type": "summary_text", "text": "Thinking." }] },
            { "type": "compaction", "encrypted_content": "CANARY" },
            { "type": "image_generation_call", "id": "ig_1", "result": "CANARY", "output_format": "webp" },
            { "type": "computer_call_output", "call_id": "c",
              "output": { "type": "computer_screenshot", "image_url": "data:image/png;base64,CANARY" } },
            { "type": "message", "role": "user", "content": [
                { "type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,CANARY" },
                { "type": "input_file", "file_id": "file_1" }, { "type": "input_image", "file_id": "file_2" } ] },
        ] }));
        assert!(!recorded.to_string().contains("CANARY"));
        let parts = |message: usize| recorded["input"][message]["parts"].clone();
        assert_eq!(parts(0), json!([{ "type": "reasoning", "content": "Thinking." }]));
        assert_eq!(parts(1), json!([{ "type": "compaction" }]));
        assert_eq!(parts(2), json!([{ "type": "blob", "modality": "image", "mime_type": "image/webp" }]));
        assert_eq!(parts(3)[1], json!({ "type": "blob", "modality": "image", "mime_type": "image/png" }));
        assert_eq!(
            parts(4),
            json!([{ "type": "blob", "modality": "file", "mime_type": "application/pdf" },
                   { "type": "uri", "modality": "file" }, { "type": "uri", "modality": "image" }])
        );
    }

    #[test]
    fn tools_are_flat() {
        let tools = json!([
            { "type": "function", "name": "weather", "description": "Now", "parameters": { "type": "object" }, "strict": true },
            { "type": "mcp", "server_label": "x", "authorization": "CANARY" },
        ]);
        let expected = json!([
            { "type": "function", "name": "weather", "description": "Now", "parameters": { "type": "object" } },
            { "type": "mcp" },
        ]);
        assert_eq!(recorded(&json!({ "input": "x", "tools": tools }))["tools"], expected);
    }

    proptest! {
        #[test]
        fn any_body_gives_valid_content(body in crate::json::arbitrary::near(&[
            "input", "instructions", "tools", "type", "role", "content", "output", "call_id", "summary", "text", "message",
            "reasoning", "function_call", "function_call_output", "input_image", "image_url", "file_data", "action",
        ])) {
            let content = of_body(&body.to_string(), &[]).to_bytes();
            prop_assert!(serde_json::from_slice::<Value>(&content).unwrap().is_object());
        }
    }
}
