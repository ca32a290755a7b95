//! What is asked: one body for each door of a gateway.

use crate::receiver::{CHAT, EMBEDDINGS, MESSAGES, PACED, RESPONSES};

/// A way to ask a model.
#[derive(Debug, Clone)]
pub(super) struct Door {
    /// What its rows are called after "gateway".
    pub(super) words: &'static str,
    /// At the model server. A gateway has it below `/api`.
    pub(super) path: &'static str,
    pub(super) body: String,
}

const QUESTION: &str = "Why does the checkout time out after every deploy? The stack trace shows a connection pool.";
const TRACE: &str = r#""user":"user-00042","session_id":"sess-00000042","trace":{"trace_name":"Error Analysis Agent","span_name":"Investigate Incident","generation_name":"Analyze Stack Trace"}"#;

impl Door {
    /// A chat, which every gateway has.
    pub(super) fn chat() -> Self {
        Self { words: "", path: CHAT, body: asking("openai/gpt-4o", &format!(r#""messages":{}"#, messages())) }
    }

    /// A chat whose answer comes in chunks, as fast as they are taken.
    pub(super) fn streamed() -> Self {
        let rest = format!(r#""stream":true,"messages":{}"#, messages());
        Self { words: ", chat streamed with 200 chunks", path: CHAT, body: asking("openai/gpt-4o", &rest) }
    }

    /// The same with a pause between two chunks.
    pub(super) fn paced() -> Self {
        let rest = format!(r#""stream":true,"messages":{}"#, messages());
        Self { body: asking(PACED, &rest), ..Self::streamed() }
    }

    /// Doors that not every version has.
    pub(super) fn others() -> [Self; 3] {
        let input = format!(r#""input":"{QUESTION}""#);
        [
            Self { words: ", responses", path: RESPONSES, body: asking("openai/gpt-4o", &input) },
            Self {
                words: ", messages",
                path: MESSAGES,
                body: asking("claude-sonnet-4-5", &format!(r#""max_tokens":1024,"messages":{}"#, messages())),
            },
            Self { words: ", embeddings", path: EMBEDDINGS, body: asking("text-embedding-3-small", &input) },
        ]
    }
}

fn asking(model: &str, rest: &str) -> String {
    format!(r#"{{"model":"{model}",{TRACE},{rest}}}"#)
}

fn messages() -> String {
    format!(r#"[{{"role":"user","content":"{QUESTION}"}}]"#)
}
