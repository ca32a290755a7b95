//! Masks of secrets, which hint at the value without showing it.

use secrecy::{ExposeSecret as _, SecretString};

/// A secret shorter than this is not looked for in what a receiver answers: it would be found in any sentence.
const LEAST_TO_REDACT: usize = 8;

/// A run of letters and digits in a secret that is looked for by itself.
const LEAST_RUN: usize = 16;

/// `secrets` and the parts of them that a receiver may repeat, each with what is shown in its place; the longest first.
pub(super) fn redactions<'a>(secrets: impl Iterator<Item = &'a str>) -> Vec<(SecretString, String)> {
    let mut all: Vec<_> = secrets.flat_map(parts).map(|part| (SecretString::from(part), middle(part))).collect();
    all.sort_by_key(|(part, _)| std::cmp::Reverse(part.expose_secret().len()));
    all
}

/// The whole secret, its words (a receiver may repeat credentials without their scheme), and its runs (or without a prefix).
fn parts(secret: &str) -> impl Iterator<Item = &str> {
    let words = secret.split(' ').filter(|part| part.len() >= LEAST_TO_REDACT);
    let runs = secret.split(|character: char| !character.is_ascii_alphanumeric()).filter(|run| run.len() >= LEAST_RUN);
    Some(secret).filter(|secret| secret.contains(' ')).into_iter().chain(words).chain(runs)
}

/// The first and the last four characters of a long secret, nothing of a short one.
pub(super) fn middle(secret: &str) -> String {
    let characters: Vec<char> = secret.chars().collect();
    if characters.len() < 16 {
        return "...".to_owned();
    }
    let (begin, end) = (&characters[..4], &characters[characters.len() - 4..]);
    format!("{}...{}", String::from_iter(begin), String::from_iter(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_secret_shows_its_ends_and_a_short_one_nothing() {
        assert_eq!(middle("abc1efghijklmnopqrstuvwxyzabf123"), "abc1...f123");
        assert_eq!(middle("abcdefghijklmno"), "...");
        assert_eq!(middle(""), "...");
    }
}
