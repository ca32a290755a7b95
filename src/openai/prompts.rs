//! The `input` of embeddings and the `prompt` of completions: one text or several, or tokens in place of texts.

use serde_json::value::RawValue;

use super::content::texts::text;
use super::fields::{self, items};
use super::invalid::Invalid;
use crate::json::{Members, Text};

/// Texts or arrays of tokens in one request; OpenAI's own limit.
const MOST: usize = 2_048;

/// Checks the field.
///
/// # Errors
/// When it is missing, of another type, or too long.
pub(super) fn check(members: &Members<'_>, name: &str) -> Result<(), Invalid> {
    let value = members.get(name).filter(|value| is_prompt(value)).ok_or_else(|| {
        Invalid::wrong_type(name, "a text, an array of texts, an array of tokens, or an array of arrays of tokens")
    })?;
    if !is_tokens(value) && fields::length(value).is_some_and(|length| length > MOST) {
        let sentence = format!("`{name}` may hold {MOST} entries at most. Send the others in a request of their own.");
        return Err(Invalid::field(name, sentence));
    }
    Ok(())
}

fn is_prompt(value: &RawValue) -> bool {
    value.get().starts_with('"')
        || is_tokens(value)
        || serde_json::from_str::<Vec<Text<'_>>>(value.get()).is_ok()
        || serde_json::from_str::<Vec<Vec<f64>>>(value.get()).is_ok()
}

/// Whether this is one array of tokens.
fn is_tokens(value: &RawValue) -> bool {
    serde_json::from_str::<Vec<f64>>(value.get()).is_ok_and(|tokens| !tokens.is_empty())
}

/// The texts; those that are empty are left out.
pub(super) fn texts(value: Option<&RawValue>) -> Vec<Text<'_>> {
    match text(value) {
        Some(text) => vec![text],
        None => items(value).into_iter().filter_map(|item| text(Some(item))).collect(),
    }
}

/// How many arrays of tokens there are; None where there are texts.
pub(super) fn token_arrays(members: &Members<'_>, name: &str) -> Option<u64> {
    let value = members.get(name)?;
    if is_tokens(value) {
        return Some(1);
    }
    let arrays = items(Some(value)).into_iter().filter(|item| is_tokens(item)).count();
    u64::try_from(arrays).ok().filter(|arrays| *arrays > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(input: &str) -> Result<(), Invalid> {
        check(&Members::of(&format!("{{\"input\":{input}}}")).unwrap(), "input")
    }

    #[test]
    fn a_prompt_is_texts_or_tokens() {
        for good in [r#""""#, r#""x""#, r#"["x","y"]"#, "[1,2,3]", "[[1,2],[3]]", "[]"] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        for bad in ["7", "{}", "null", r#"["x",1]"#, r"[[[1]]]", r#"[["x"]]"#, "[null]"] {
            assert_eq!(checked(bad).unwrap_err().field.as_deref(), Some("input"), "{bad}");
        }
    }

    #[test]
    fn entries_are_limited_but_tokens_of_one_array_are_not() {
        let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
        assert_eq!(checked(&list("\"x\"", MOST)), Ok(()));
        assert_eq!(checked(&list("7", 8_191)), Ok(()));
        for item in ["\"x\"", "[7]"] {
            assert!(checked(&list(item, MOST + 1)).unwrap_err().sentence.contains("2048 entries"), "{item}");
        }
    }

    #[test]
    fn token_arrays_are_counted() {
        let count = |json: &str| token_arrays(&Members::of(&format!("{{\"input\":{json}}}")).unwrap(), "input");
        assert_eq!(
            [count("[1,2]"), count("[[1],[2,3]]"), count(r#"["a"]"#), count("[]")],
            [Some(1), Some(2), None, None]
        );
    }
}
