//! Masks of secrets, which hint at the value without showing it.

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
