//! Embeddings: equal texts get equal vectors. They carry no meaning.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::answer::{Asking, EchoAnswer, MODEL, Tokens};
use super::inputs::inputs;
use crate::json::{Members, Text, WholeNumber};

const DIMENSIONS: usize = 8;
/// The most numbers in an answer: 2,048 inputs of 512 dimensions.
const NUMBERS: usize = 1 << 20;

pub(in crate::gateway) fn answer(body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
    let inputs = inputs(body, "input");
    let asked = body.read("dimensions").map_or(Some(DIMENSIONS), |WholeNumber(asked)| usize::try_from(asked).ok());
    let Some(dimensions) = asked.filter(|asked| (1..=NUMBERS / inputs.len().max(1)).contains(asked)) else {
        return too_many();
    };
    let in_base64 = body.read::<Text<'_>>("encoding_format").as_deref() == Some("base64");
    let embedding = |(index, text): (usize, &String)| {
        let vector = vector(text, dimensions);
        let embedding = if in_base64 { base64(&vector) } else { Value::from(vector) };
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    };
    let data: Vec<Value> = inputs.iter().enumerate().map(embedding).collect();
    let Tokens { input, cost, .. } = Tokens::of(asking, "");
    let usage = json!({ "prompt_tokens": input, "total_tokens": input, "cost": cost });
    EchoAnswer::Whole(json!({ "object": "list", "model": MODEL, "data": data, "usage": usage }))
}

fn too_many() -> EchoAnswer {
    let message =
        format!("`dimensions` must be at least 1, and all inputs together at most {NUMBERS} numbers for {MODEL}.");
    let error = json!({ "message": message, "type": "invalid_request_error", "param": "dimensions", "code": null });
    EchoAnswer::Refused { status: 400, body: json!({ "error": error }) }
}

/// A vector of length 1, the same for the same text.
#[expect(clippy::cast_possible_truncation, reason = "any number will do")]
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let blocks = (0_u64..).flat_map(|block| {
        let hash = Sha256::new().chain_update(block.to_le_bytes()).chain_update(text).finalize();
        let numbers = hash.chunks_exact(4).map(|bytes| i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        numbers.map(f64::from).collect::<Vec<_>>()
    });
    let numbers: Vec<f64> = blocks.take(dimensions).collect();
    let length = numbers.iter().map(|number| number * number).sum::<f64>().sqrt();
    numbers.iter().map(|number| (number / length) as f32).collect()
}

/// The numbers as little-endian bytes: what OpenAI's clients ask for unless told otherwise.
fn base64(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    Value::from(STANDARD.encode(bytes))
}
