//! OpenAI's `/responses`: reads what is recorded of a request and of its answer.

mod answer;
mod content;
mod events;
mod input;
mod items;
mod request;
mod whole;

pub use self::answer::{begins_answer, ends_stream, learn};
pub use self::content::of_body;
pub use self::request::{EXAMPLE, facts, facts_of_refused};

#[cfg(test)]
mod tests;
