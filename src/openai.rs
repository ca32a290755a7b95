//! OpenAI's chat completions, as callers ask for them and servers answer: reads what is recorded of a request and of
//! its answer.

mod answer;
pub mod content;
mod context;
mod finish_reason;
mod invalid;
mod request;
mod text_of;
mod usage;

pub use self::answer::Completion;
pub use self::context::CallerHeaders;
pub use self::invalid::Invalid;
pub use self::request::{ChatRequest, RequestFacts};
