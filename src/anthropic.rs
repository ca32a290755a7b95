//! Anthropic's `/messages`: reads what is recorded of a request and of its answer.

mod answer;
mod block;
mod content;
mod request;
mod tools;

pub use self::answer::{begins_answer, ends_stream, learn};
pub use self::content::of_body;
pub use self::request::{EXAMPLE, Question, facts, facts_of_refused};

#[cfg(test)]
mod tests;
