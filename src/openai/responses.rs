//! OpenAI's `/responses`: reads what is recorded of a request and of its answer.

mod content;
mod input;
mod request;

pub use self::content::of_body;
pub use self::request::{EXAMPLE, facts, facts_of_refused};
