//! What a receiver's default data scrubbing takes for a secret (spec 2.1, fact 8): the behaviour of Sentry's Relay, as it was
//! measured.

mod numbers;
mod text;
mod word;

use self::numbers::{is_bank_account, is_card, is_social_security};
use self::text::{has_bearer, has_password_in_url, has_pem_key};
use self::word::is_of_word;

/// Words that make a text a secret wherever in it they stand.
const WORDS: [&str; 12] = [
    "password",
    "secret",
    "passwd",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "credentials",
    "mysql_pwd",
    "privatekey",
    "private-key",
    "private_key",
];
/// Words that make a text a secret where they are all of it.
const WHOLE: [&str; 3] = ["otp", "two-factor", "two_factor"];

/// Whether a name makes whatever it stands for a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("token") || has_word(&name)
}

/// Whether a text is a secret, or holds one, whatever its name.
pub(crate) fn holds_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    has_word(&lower)
        || WHOLE.contains(&&*lower)
        || assigns_a_token(&lower)
        || has_bearer(&lower)
        || has_password_in_url(text)
        || has_pem_key(text)
        || at_word_beginnings(text, |rest| is_card(rest) || is_social_security(rest) || is_bank_account(rest))
}

fn has_word(lower_case: &str) -> bool {
    WORDS.iter().any(|word| lower_case.contains(word))
}

/// `token=…`, `token_x: …`: in a text the word alone does no harm.
fn assigns_a_token(lower_case: &str) -> bool {
    lower_case.match_indices("token").any(|(at, _)| {
        let rest = lower_case[at..].split_whitespace().next().unwrap_or_default();
        rest.contains([':', '='])
    })
}

/// Whether it holds of the rest of the text at any place where a word begins.
fn at_word_beginnings(text: &str, holds: impl Fn(&str) -> bool) -> bool {
    let mut before = None;
    text.char_indices().any(|(at, c)| {
        let begins = is_of_word(c) && !before.is_some_and(is_of_word);
        before = Some(c);
        begins && holds(&text[at..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_secret_by_their_words() {
        for name in ["author", "Api-Key-Name", "token_count", "mySecret"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["team", "otp", "pwd", "cookie", "api"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    /// Each was given to Relay's own library.
    #[test]
    fn texts_are_secret_by_words_and_shapes() {
        for text in [
            "reset my PASSWORD",
            "csrf_token=abc",
            "a tokenizer:x",
            "OTP",
            "bearer x",
            "4111-1111-1111-1111",
            "paid with 3711 111111 11111.",
            "gen-1788612885-DE89abcdefghijklmnop",
            "mail postgres://ada:pw@db/x",
            "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----",
        ] {
            assert!(holds_secret(text), "{text}");
        }
        for text in [
            "one token more",
            "my otp",
            "forbearer x",
            "Bearer ",
            "4111-1111-1111-11111",
            "x4111111111111111",
            "a 078-05-1120b",
            "de89370400440532013000",
            "XX89370400440532013000",
            "http://user@host/x",
            "//ada:pw@host/x",
            "HTTP://ada:pw@host/x",
            "gen-1788612885-hFm6Av9rEF3NMfxjJXWk",
        ] {
            assert!(!holds_secret(text), "{text}");
        }
    }
}
