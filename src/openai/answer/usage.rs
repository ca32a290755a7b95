//! The tokens that an answer reports, in the words of OpenAI and of servers like it.

use crate::completion::Counts;
use crate::json::Members;

/// Reads a `usage` object.
pub fn counts(usage: &Members<'_>) -> Counts {
    let input_details = details(usage, &["prompt_tokens_details", "input_tokens_details"]);
    let output_details = details(usage, &["completion_tokens_details", "output_tokens_details"]);
    Counts {
        input: first(&[(usage, "prompt_tokens"), (usage, "input_tokens")]),
        output: first(&[(usage, "completion_tokens"), (usage, "output_tokens")]),
        total: first(&[(usage, "total_tokens")]),
        cache_read: first(&[
            (&input_details, "cached_tokens"),
            (usage, "cache_read_input_tokens"),
            (usage, "prompt_cache_hit_tokens"),
            (usage, "cached_tokens"),
        ]),
        cache_creation: first(&[
            (&input_details, "cache_write_tokens"),
            (&input_details, "cache_creation_tokens"),
            (usage, "cache_creation_input_tokens"),
        ]),
        reasoning: first(&[(&output_details, "reasoning_tokens"), (usage, "reasoning_tokens")]),
        ..Counts::default()
    }
}

fn details<'a>(usage: &Members<'a>, names: &[&str]) -> Members<'a> {
    names.iter().find_map(|name| usage.read(name)).unwrap_or_default()
}

/// The first of several names of one count that says more than zero; else zero where one says so.
fn first(places: &[(&Members<'_>, &str)]) -> Option<u64> {
    let counts = || places.iter().filter_map(|(members, name)| count(members, name));
    counts().find(|count| *count > 0).or_else(|| counts().next())
}

/// A count of tokens; some servers write whole numbers as `3.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a count below 2^53")]
fn count(members: &Members<'_>, name: &str) -> Option<u64> {
    members.number(name).filter(|number| (0.0..9e15).contains(number)).map(|number| number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_tokens_are_read() {
        let text = r#"{"prompt_tokens":19,"completion_tokens":10.0,"total_tokens":29,
            "prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"cache_creation_input_tokens":5,
            "completion_tokens_details":{"reasoning_tokens":7}}"#;
        let expected = Counts {
            input: Some(19),
            output: Some(10),
            total: Some(29),
            cache_read: Some(4),
            cache_creation: Some(5),
            reasoning: Some(7),
            ..Counts::default()
        };
        assert_eq!(counts(&Members::of(text).unwrap()), expected);
    }

    #[test]
    fn odd_counts_stay_unknown() {
        let text =
            r#"{"prompt_tokens":-1,"completion_tokens":"ten","total_tokens":1e300,"prompt_tokens_details":null}"#;
        assert_eq!(counts(&Members::of(text).unwrap()), Counts::default());
    }
}
