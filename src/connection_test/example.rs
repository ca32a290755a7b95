//! The requests behind the traces that are sent for a person: each is named so that anybody who finds it knows what it is.

use crate::clock::UnixNanos;
use crate::completed_request::content::ContentRef;
use crate::completed_request::{
    CompletedRequest, Cost, Ending, GenerationId, MetadataValue, Operation, Parameters, ResponseFacts, Times,
    TraceContext, Usage,
};
use crate::json::Text;

const TEST: &str = "Tracecast connection test";
const EXAMPLE: &str = "Tracecast example trace";

/// The conversation of [`example`]: a question, a tool call, its result, and the answer.
const CONVERSATION: &str = r#"{
    "input": [
        {"role": "user", "parts": [{"type": "text", "content": "Where is my order 4711?"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "call_1", "name": "find_order", "arguments": {"number": 4711}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "result": "{\"state\":\"shipped\",\"arrives\":\"tomorrow\"}", "response": "{\"state\":\"shipped\",\"arrives\":\"tomorrow\"}"}]}
    ],
    "output": [
        {"role": "assistant", "parts": [{"type": "text", "content": "Your order 4711 is on its way and arrives tomorrow."}], "finish_reason": "stop"}
    ],
    "system_instructions": [{"type": "text", "content": "You help customers of a bookshop. Be brief."}],
    "tools": [{"type": "function", "name": "find_order", "description": "Finds an order by its number.", "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}}]
}"#;

/// What the connection test sends: no content and no model, so that nothing counts it as a model's call.
pub(super) fn test(id: GenerationId, now: UnixNanos) -> CompletedRequest<'static> {
    let begun = UnixNanos(now.0.saturating_sub(1_000_000));
    CompletedRequest {
        id,
        operation: Operation::Chat,
        route: Text::from("/settings/observability"),
        times: Times {
            received: begun,
            answered: now,
            upstream_begun: Some(begun),
            first_chunk: None,
            upstream_ended: Some(now),
        },
        status: 200,
        ending: Ending::Completed,
        streaming: false,
        api_key: None,
        api_key_name: None,
        api_key_member: None,
        context: TraceContext {
            trace_name: Some(Text::from(TEST)),
            generation_name: Some(Text::from(TEST)),
            environment: Some(Text::from("tracecast-test")),
            ..TraceContext::default()
        },
        request_model: Text::from("tracecast/connection-test"),
        parameters: Parameters::default(),
        response: ResponseFacts::default(),
        usage: Usage::default(),
        cost: Cost::default(),
        failed_attempts: Vec::new(),
        refused: None,
    }
}

/// What a person sends to see how requests will look: a chat of 1.4 seconds that ended now, with tokens and cost.
pub(super) fn example(id: GenerationId, now: UnixNanos) -> CompletedRequest<'static> {
    let ago = |milliseconds: u64| UnixNanos(now.0.saturating_sub(milliseconds * 1_000_000));
    CompletedRequest {
        times: Times {
            received: ago(1_420),
            answered: now,
            upstream_begun: Some(ago(1_400)),
            first_chunk: Some(ago(980)),
            upstream_ended: Some(ago(10)),
        },
        route: Text::from("/api/v1/chat/completions"),
        streaming: true,
        context: TraceContext {
            user: Some(Text::from("example-user")),
            session_id: Some(Text::from("example-session")),
            trace_name: Some(Text::from(EXAMPLE)),
            metadata: vec![(Text::from("sent_by"), MetadataValue::Text(Text::from("Send Trace")))],
            ..TraceContext::default()
        },
        request_model: Text::from("openai/gpt-4o"),
        parameters: Parameters { temperature: Some(0.2), max_tokens: Some(200), ..Parameters::default() },
        response: ResponseFacts {
            provider: Some(Text::from("openai")),
            model: Some(Text::from("gpt-4o-2024-08-06")),
            finish_reasons: vec![Text::from("stop")],
            ..ResponseFacts::default()
        },
        usage: Usage { input: Some(412), output: Some(87), total: Some(499), ..Usage::default() },
        cost: Cost { total: Some(0.0019), input: Some(0.00103), output: Some(0.00087), ..Cost::default() },
        ..test(id, now)
    }
}

/// The content of [`example`].
pub(super) fn conversation() -> Option<ContentRef<'static>> {
    ContentRef::from_bytes(CONVERSATION.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{TraceSettings, build};

    #[test]
    fn example_has_a_conversation_tokens_and_a_cost() {
        let content = conversation().unwrap();
        let now = UnixNanos(1_788_596_085_000_000_000);
        let request = example(GenerationId::given("gen-1788612885-hFm6Av9rEF3NMfxjJXWk"), now);
        let settings = TraceSettings::default();
        let trace = build(&request, Some(&content), &settings);
        let keys: Vec<_> = trace.spans.iter().flat_map(|span| &span.attributes).map(|it| it.key.to_string()).collect();
        for key in
            ["gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions", "gen_ai.usage.input_tokens"]
        {
            assert!(keys.iter().any(|known| known == key), "{key} is not among {keys:?}");
        }
    }
}
