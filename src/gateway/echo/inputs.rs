//! The inputs of embeddings and completions: one or several, texts or tokens.

use serde_json::value::RawValue;

use crate::json::{Members, Text};

/// Each input as text. Tokens stand as their numbers: the built-in model has no vocabulary.
pub(super) fn inputs(body: &Members<'_>, key: &str) -> Vec<String> {
    let Some(input) = body.get(key) else { return vec![String::new()] };
    let several = serde_json::from_str::<Vec<&RawValue>>(input.get()).unwrap_or_default();
    let is_tokens = several.first().is_none_or(|first| !first.get().starts_with(['"', '[']));
    if is_tokens { vec![text(input)] } else { several.into_iter().map(text).collect() }
}

fn text(input: &RawValue) -> String {
    serde_json::from_str::<Text<'_>>(input.get()).map_or_else(|_| input.get().to_owned(), |text| text.to_string())
}
