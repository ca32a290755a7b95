//! Secrets that a text shows by what stands around them.

use super::word::is_of_word;

/// `bearer abc`, in lower case.
pub(super) fn has_bearer(lower_case: &str) -> bool {
    lower_case.match_indices("bearer").any(|(at, word)| {
        let rest = &lower_case[at + word.len()..];
        let value = rest.trim_start();
        !lower_case[..at].ends_with(is_of_word) && value.len() < rest.len() && !value.is_empty()
    })
}

/// `http://user:password@`; the scheme in lower case.
pub(super) fn has_password_in_url(text: &str) -> bool {
    let is_of_scheme = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-".contains(c);
    text.match_indices("//").any(|(at, slashes)| {
        let before = &text[..at];
        let begins_url = match before.strip_suffix(':') {
            Some(before) => {
                before.ends_with(is_of_scheme) && !before.trim_end_matches(is_of_scheme).ends_with(is_of_word)
            }
            None => before.ends_with(is_of_word),
        };
        if !begins_url {
            return false;
        }
        let Some((user, rest)) = text[at + slashes.len()..].split_once(':') else { return false };
        let Some((password, _)) = rest.split_once('@') else { return false };
        [user, password].into_iter().all(|text| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%_.-".contains(&byte))
        })
    })
}

/// `-----BEGIN … PRIVATE KEY-----` to its end.
pub(super) fn has_pem_key(text: &str) -> bool {
    let mut begun = false;
    // Every second piece between dashes is a label or a body.
    for piece in text.split("-----") {
        let is_label = |word: &str| {
            let label = piece.strip_prefix(word).and_then(|label| label.strip_suffix(" KEY"));
            label.is_some_and(|label| label.ends_with("PRIVATE") || label.ends_with("PUBLIC"))
        };
        if begun && is_label("END") {
            return true;
        }
        begun |= is_label("BEGIN");
    }
    false
}
