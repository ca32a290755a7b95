//! Words by which a receiver's default data scrubbing takes a text for a secret, wherever in it they stand (spec 2.1,
//! fact 8). They mirror the password rule of Relay (`relay-pii`, `regexes.rs`).

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

/// Whether a text in lower case holds one.
pub(crate) fn stand_in(lower_case: &str) -> bool {
    WORDS.iter().any(|word| lower_case.contains(word))
}
