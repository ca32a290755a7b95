//! Masks of secrets, which hint at the value without showing it.

use secrecy::{ExposeSecret as _, SecretString};

/// A secret shorter than this is not looked for in what a receiver answers: it would be found in any sentence.
const LEAST_TO_REDACT: usize = 8;

/// A run of letters and digits in a secret that is looked for by itself.
const LEAST_RUN: usize = 16;

/// `secrets` and the parts of them that a receiver may repeat, each with what is shown in its place; the longest first.
pub(super) fn redactions<'a>(secrets: impl Iterator<Item = &'a str>) -> Vec<(SecretString, String)> {
    let mut all: Vec<_> = secrets.flat_map(parts).map(|part| (SecretString::from(part), end(part))).collect();
    all.sort_by_key(|(part, _)| std::cmp::Reverse(part.expose_secret().len()));
    all
}

/// The whole secret, its words (a receiver may repeat credentials without their scheme), and its runs (or without a prefix).
fn parts(secret: &str) -> impl Iterator<Item = &str> {
    let words = secret.split(' ').filter(|part| part.len() >= LEAST_TO_REDACT);
    let runs = secret.split(|character: char| !character.is_ascii_alphanumeric()).filter(|run| run.len() >= LEAST_RUN);
    Some(secret).filter(|secret| secret.contains(' ')).into_iter().chain(words).chain(runs)
}

/// What is shown of a secret: the last four characters of a long one, nothing of a short one.
pub(super) fn end(secret: &str) -> String {
    ends(secret).map_or_else(|| "****".to_owned(), |(_, end)| format!("****...{end}"))
}

/// The first and the last four characters of a long secret, nothing of a short one: so a DSN's key is shown, and so all secrets were.
pub(super) fn middle(secret: &str) -> String {
    ends(secret).map_or_else(|| "...".to_owned(), |(begin, end)| format!("{begin}...{end}"))
}

/// Both ends of a secret that is long enough to show them.
fn ends(secret: &str) -> Option<(String, String)> {
    let characters: Vec<char> = secret.chars().collect();
    let hidden = characters.len().checked_sub(8).filter(|hidden| *hidden >= 8)?;
    Some((characters[..4].iter().collect(), characters[hidden + 4..].iter().collect()))
}

/// Whether `value` stands for `secret`: it is what is shown of it, or was by an older version.
pub(super) fn stands_for(value: &str, secret: &str) -> bool {
    value == end(secret) || value == middle(secret)
}

/// Whether a value, or the key of the DSN that it is, looks like what we or others show of a secret: points between its ends, or stars.
pub(super) fn is_mask(value: &str) -> bool {
    let key = value.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map_or(value, |(key, _)| key);
    let are_ends = |one: &str, other: &str| matches!((one.chars().count(), other.chars().count()), (0, 0) | (4, 4));
    let is_starred = !key.is_empty() && key.trim_start_matches('*').is_empty();
    is_starred || key.split_once("...").is_some_and(|(one, other)| are_ends(one, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_secret_shows_its_ends_and_a_short_one_nothing() {
        assert_eq!(end("abc1efghijklmnopqrstuvwxyzabf123"), "****...f123");
        assert_eq!(middle("abc1efghijklmnopqrstuvwxyzabf123"), "abc1...f123");
        assert_eq!(end("abcdefghijklmnop"), "****...mnop");
        for short in ["abcdefghijklmno", ""] {
            assert_eq!((end(short).as_str(), middle(short).as_str()), ("****", "..."));
        }
    }

    #[test]
    fn masks_are_known_and_secrets_are_none() {
        for mask in ["...", "****", "********", "****...f123", "abc1...f123", "https://abc1...f123@host/456"] {
            assert!(is_mask(mask), "{mask}");
        }
        for secret in
            ["", "abc...f123", "sk-0123", "a...b", "0123456789...abcdef", "https://0123@host/456", "https://****"]
        {
            assert!(!is_mask(secret), "{secret}");
        }
    }

    #[test]
    fn mask_stands_for_its_own_secret_only() {
        let secret = "abc1efghijklmnopqrstuvwxyzabf123";
        assert!(stands_for("****...f123", secret) && stands_for("abc1...f123", secret));
        for other in ["****...f124", "abc2...f123", "****", "...", "", secret] {
            assert!(!stands_for(other, secret), "{other}");
        }
        assert!(stands_for("****", "short") && stands_for("...", "short"));
    }
}
