//! Environments and releases as Sentry's filters find them (spec 2.1, fact 13). Its Relay lets others pass, and no filter shows them.

use std::borrow::Cow;

/// Bytes of an environment.
const ENVIRONMENT: usize = 64;
/// Bytes of a release.
const RELEASE: usize = 200;

const ELLIPSIS: &str = "…";

/// An environment has no blanks and no slashes, and is not called `none`.
pub(super) fn environment(text: &str) -> Cow<'_, str> {
    let fits = |c: char| !is_slash_or_control(c) && !c.is_whitespace();
    fold(text, ENVIRONMENT, fits, &["none", ".", ".."])
}

/// A release has no slashes, and is not called `latest`.
pub(super) fn release(text: &str) -> Cow<'_, str> {
    fold(text, RELEASE, |c| !is_slash_or_control(c), &["latest", ".", ".."])
}

fn is_slash_or_control(c: char) -> bool {
    matches!(c, '/' | '\\') || c.is_control()
}

/// At most `max_bytes` of it. A hyphen stands for what does not fit, and an underscore parts it from a reserved name.
fn fold<'a>(text: &'a str, max_bytes: usize, fits: impl Fn(char) -> bool, reserved: &[&str]) -> Cow<'a, str> {
    if reserved.iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return Cow::Owned(format!("{text}_"));
    }
    let folded: Cow<'a, str> = if text.chars().all(&fits) {
        Cow::Borrowed(text)
    } else {
        text.chars().map(|c| if fits(c) { c } else { '-' }).collect()
    };
    if folded.len() <= max_bytes {
        return folded;
    }
    Cow::Owned(format!("{}{ELLIPSIS}", &folded[..folded.floor_char_boundary(max_bytes - ELLIPSIS.len())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Relay's own normalisation keeps of an event's environment and release stays.
    #[test]
    fn what_filters_find_stays_and_is_not_copied() {
        for text in ["production", "pre@prod", "Produktion-Süd", &"x".repeat(64)] {
            assert!(matches!(environment(text), Cow::Borrowed(kept) if kept == text), "{text}");
        }
        for text in ["v1", "checkout@2.1.0+5", "release of June", &"x".repeat(200)] {
            assert!(matches!(release(text), Cow::Borrowed(kept) if kept == text), "{text}");
        }
    }

    #[test]
    fn what_filters_do_not_find_is_folded() {
        for (text, folded) in [("a b/c\\d", "a-b-c-d"), ("a\nb", "a-b"), ("None", "None_"), (".", "._"), ("..", ".._")]
        {
            assert_eq!(environment(text), folded);
        }
        for (text, folded) in [("a b/c\\d\te", "a b-c-d-e"), ("latest", "latest_"), (".", "._")] {
            assert_eq!(release(text), folded);
        }
        for (folded, most) in [(environment(&"ä".repeat(33)), 64), (release(&"ä".repeat(101)), 200)] {
            assert!(folded.ends_with("ä…") && (most - 3..=most).contains(&folded.len()), "{folded}");
        }
    }
}
