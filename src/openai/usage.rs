//! The tokens that an answer reports, in the words of OpenAI and of servers like it.

use crate::completed_request::Usage;
use crate::json::Members;

/// Reads a `usage` object.
pub(super) fn read(usage: &Members<'_>) -> Usage {
    let input_details = details(usage, &["prompt_tokens_details", "input_tokens_details"]);
    let output_details = details(usage, &["completion_tokens_details", "output_tokens_details"]);
    Usage {
        input: count(usage, &["prompt_tokens", "input_tokens"]),
        output: count(usage, &["completion_tokens", "output_tokens"]),
        total: count(usage, &["total_tokens"]),
        cache_read: count(&input_details, &["cached_tokens"])
            .or_else(|| count(usage, &["cache_read_input_tokens", "prompt_cache_hit_tokens"])),
        cache_creation: count(&input_details, &["cache_write_tokens", "cache_creation_tokens"])
            .or_else(|| count(usage, &["cache_creation_input_tokens"])),
        reasoning: count(&output_details, &["reasoning_tokens"]),
    }
}

fn details<'a>(usage: &Members<'a>, names: &[&str]) -> Members<'a> {
    names.iter().find_map(|name| usage.read(name)).unwrap_or_default()
}

/// A count of tokens; some servers write whole numbers as `3.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a count below 2^53")]
fn count(members: &Members<'_>, names: &[&str]) -> Option<u64> {
    let number: f64 = names.iter().find_map(|name| members.read(name))?;
    (0.0..9e15).contains(&number).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_tokens_are_read() {
        let text = r#"{"prompt_tokens":19,"completion_tokens":10.0,"total_tokens":29,
            "prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"cache_creation_input_tokens":5,
            "completion_tokens_details":{"reasoning_tokens":7}}"#;
        let expected = Usage {
            input: Some(19),
            output: Some(10),
            total: Some(29),
            cache_read: Some(4),
            cache_creation: Some(5),
            reasoning: Some(7),
        };
        assert_eq!(read(&Members::of(text).unwrap()), expected);
    }

    #[test]
    fn odd_counts_stay_unknown() {
        let text =
            r#"{"prompt_tokens":-1,"completion_tokens":"ten","total_tokens":1e300,"prompt_tokens_details":null}"#;
        assert_eq!(read(&Members::of(text).unwrap()), Usage::default());
    }
}
