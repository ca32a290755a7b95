//! OpenAI's protocols, as callers ask for them and servers answer: reads what is recorded of a request and of its answer.

mod answer;
pub mod completions;
pub mod content;
pub(crate) mod context;
pub mod embeddings;
pub(crate) mod fields;
mod invalid;
mod prompts;
mod request;
pub mod responses;

pub use self::answer::{counts, learn};
pub use self::context::CallerHeaders;
pub use self::invalid::Invalid;
pub use self::request::{ChatRequest, RequestFacts};
