//! An answer of the built-in model as it stands in a body or in events.

use std::fmt::Display;

use serde_json::{Value, json};

use crate::gateway::token_price::TokenPrice;

/// The name under which it answers.
pub(in crate::gateway) const MODEL: &str = "demo/echo";
pub(in crate::gateway) const PROVIDER: &str = "tracecast";

/// USD for a million tokens of the prompt: made up, so that a demo's trace has a cost.
const INPUT_PRICE: f64 = 0.10;
/// USD for a million tokens of the completion.
const OUTPUT_PRICE: f64 = 0.40;
/// The same for a token of each.
pub(in crate::gateway) const PRICES: TokenPrice =
    TokenPrice { prompt: INPUT_PRICE / 1e6, completion: OUTPUT_PRICE / 1e6 };
/// A token is about four bytes of English text.
const BYTES_PER_TOKEN: usize = 4;

/// What an answer needs beside the body of its request.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Distinguishes this answer from others: letters and digits.
    pub id: &'a str,
    /// Bytes of the whole request, from which its tokens are estimated.
    pub bytes: usize,
    /// Seconds since 1970.
    pub created: u64,
    pub streaming: bool,
}

#[derive(Debug, PartialEq)]
pub enum EchoAnswer {
    Whole(Value),
    Events(Vec<Event>),
    Refused { status: u16, body: Value },
}

#[derive(Debug, PartialEq)]
pub struct Event {
    /// The name of the event, where the protocol has names.
    pub name: Option<String>,
    pub data: String,
}

impl EchoAnswer {
    pub(in crate::gateway) fn speaks_no_other(path: &str) -> Self {
        let error = json!({
            "message": format!("{MODEL} does not speak {path}."), "type": "invalid_request_error", "param": null,
            "code": "not_found",
        });
        Self::Refused { status: 404, body: json!({ "error": error }) }
    }
}

/// Estimated tokens and their cost in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tokens {
    pub input: usize,
    pub output: usize,
    pub cost: f64,
}

impl Tokens {
    pub(super) fn of(asking: &Asking<'_>, written: &str) -> Self {
        let (input, output) = (tokens(asking.bytes), tokens(written.len()));
        Self { input, output, cost: cost(input, output) }
    }

    /// `usage` in the words of chat completions.
    pub(super) fn usage(self) -> Value {
        let Self { input, output, cost } = self;
        json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output, "cost": cost })
    }
}

pub(super) fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

#[expect(clippy::cast_precision_loss, reason = "token counts lie far below 2^53")]
fn cost(input: usize, output: usize) -> f64 {
    // Rounded to nanodollars, so that a sum of two doubles does not show.
    ((input as f64 * INPUT_PRICE + output as f64 * OUTPUT_PRICE) * 1e3).round() / 1e9
}

impl Event {
    /// An event without a name.
    pub(super) fn data(data: &dyn Display) -> Self {
        Self { name: None, data: data.to_string() }
    }

    /// An event that is named after its `type`.
    pub(super) fn typed(data: &Value) -> Self {
        Self { name: data["type"].as_str().map(str::to_owned), data: data.to_string() }
    }
}

/// As it stands in a stream.
impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(name) = &self.name {
            writeln!(f, "event: {name}")?;
        }
        write!(f, "data: {}\n\n", self.data)
    }
}
