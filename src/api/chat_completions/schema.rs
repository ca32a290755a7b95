//! What `POST /chat/completions` takes and gives, for the OpenAPI document. The gateway passes bodies on with their own bytes and
//! reads only the fields that it needs (`gateway/request.rs`): no value of these types is ever made.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "model": "openai/gpt-4o",
    "messages": [{ "role": "user", "content": "Debug this error..." }],
    "user": "user_12345",
    "session_id": "session_abc",
    "trace": {
        "trace_id": "incident_investigation_001",
        "trace_name": "Error Analysis Agent",
        "generation_name": "Analyze Stack Trace",
        "environment": "production",
        "release": "v2.1.0"
    }
}))]
pub(in crate::api) struct ChatRequest {
    #[schema(example = "openai/gpt-4o")]
    model: Option<String>,
    messages: Vec<Message>,
    #[schema(default = false)]
    stream: Option<bool>,
    /// `include_usage` is always switched on for streams.
    #[schema(value_type = Option<Object>)]
    stream_options: Option<Value>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<f64>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    #[schema(inline)]
    stop: Option<Stop>,
    seed: Option<i64>,
    n: Option<i64>,
    /// Passed on; the model server looks into them.
    tools: Option<Vec<Value>>,
    /// Your user; becomes `user.id`. Cut to 128 characters.
    user: Option<String>,
    /// Your conversation; becomes `session.id`. Cut to 256 characters. Not passed on.
    session_id: Option<String>,
    trace: Option<Trace>,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

#[derive(Deserialize, ToSchema)]
struct Message {
    #[schema(example = "user")]
    role: String,
    #[schema(inline)]
    content: Option<MessageContent>,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum MessageContent {
    Text(String),
    /// Parts. Passed on; the model server looks into them.
    Parts(Vec<Value>),
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(in crate::api) enum Stop {
    One(String),
    Several(Vec<String>),
}

/// What the trace is called and where it belongs. Not passed on. Every other key becomes the span attribute
/// `trace.metadata.<key>`: at most 64 keys of 128 bytes with values of 8 KiB; what is longer is cut and marked.
#[derive(Deserialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub(in crate::api) struct Trace {
    /// Requests with the same value lie in one trace. 32 hexadecimal digits or a UUID are used as they are; any other text is
    /// hashed.
    #[schema(required = false)]
    trace_id: Name,
    /// The transaction's name (root span).
    #[schema(required = false)]
    trace_name: Name,
    /// A span between root and generation.
    #[schema(required = false)]
    span_name: Name,
    /// The generation span's description.
    #[schema(required = false)]
    generation_name: Name,
    /// The agent that asks.
    #[schema(required = false)]
    agent_name: Name,
    /// 16 hexadecimal digits: the root's parent, in a trace that you already have.
    #[schema(required = false)]
    parent_span_id: Name,
    #[schema(required = false)]
    environment: Name,
    #[schema(required = false)]
    release: Name,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

/// A text. A number or a boolean counts as the text that it is written with; an array or an object is kept as metadata under its
/// key.
#[derive(Deserialize, ToSchema)]
struct Name(Value);

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct ChatCompletion {
    #[schema(required = false, example = "gen-1788612885-hFm6Av9rEF3NMfxjJXWk")]
    id: String,
    #[schema(required = false, inline)]
    object: WholeObject,
    #[schema(required = false)]
    model: String,
    #[schema(required = false, value_type = Vec<Object>)]
    choices: Vec<Value>,
    #[schema(required = false)]
    usage: Usage,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

#[derive(Deserialize, ToSchema)]
enum WholeObject {
    #[serde(rename = "chat.completion")]
    ChatCompletion,
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct ChatCompletionChunk {
    #[schema(required = false)]
    id: String,
    #[schema(required = false, inline)]
    object: ChunkObject,
    #[schema(required = false)]
    model: String,
    #[schema(required = false, value_type = Vec<Object>)]
    choices: Vec<Value>,
    #[schema(required = false)]
    usage: Usage,
    #[schema(required = false, inline)]
    error: ChunkError,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

#[derive(Deserialize, ToSchema)]
enum ChunkObject {
    #[serde(rename = "chat.completion.chunk")]
    ChatCompletionChunk,
}

#[derive(Deserialize, ToSchema)]
struct ChunkError {
    #[schema(required = false)]
    code: i32,
    #[schema(required = false)]
    message: String,
}

#[derive(Deserialize, ToSchema)]
struct Usage {
    #[schema(required = false)]
    prompt_tokens: i64,
    #[schema(required = false)]
    completion_tokens: i64,
    #[schema(required = false)]
    total_tokens: i64,
    /// USD, where known.
    #[schema(required = false)]
    cost: f64,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}
