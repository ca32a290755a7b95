//! OpenAI's chat completions, as callers ask for them and servers answer: reads what is recorded of a request and of
//! its answer.

mod answer;
pub mod content;
mod context;
mod invalid;
mod request;
mod text_of;

pub use self::answer::{counts, learn};
pub use self::context::CallerHeaders;
pub use self::invalid::Invalid;
pub use self::request::{ChatRequest, RequestFacts};
