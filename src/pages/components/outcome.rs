//! The outcome of a delivery, in words and colour (spec 4.3).

/// The name of every outcome with its words and the colour's name. An accepted batch is good, one that is sent again by
/// itself warns, and one that waits for a person is bad.
const WORDS: &[(&str, &str, &str)] = &[
    ("delivered", "Delivered", "good"),
    ("delivered_in_part", "Delivered in part", "warn"),
    ("left_out", "Left out", "off"),
    ("rate_limited", "Over quota", "warn"),
    ("server_error", "Receiver failed", "warn"),
    ("unavailable", "Receiver not available", "warn"),
    ("unreachable", "Not reachable", "warn"),
    ("timed_out", "No answer in time", "warn"),
    ("interrupted", "Connection broke", "warn"),
    ("refused", "Refused", "bad"),
    ("too_large", "Too large", "bad"),
    ("unauthorized", "Credentials not accepted", "bad"),
    ("forbidden", "Not allowed", "bad"),
    ("not_found", "Nothing at this address", "bad"),
    ("gone", "Wants no more", "bad"),
    ("method_not_allowed", "Takes no traces", "bad"),
    ("unsupported_media_type", "Takes no OTLP", "bad"),
    ("redirected", "Redirected", "bad"),
    ("unexpected_answer", "Unexpected answer", "bad"),
    ("address_refused", "Address not allowed", "bad"),
    ("tls_failed", "No secure connection", "bad"),
];

/// Words and colour of an outcome by its name. A name that only another version knows stands for itself.
pub fn words(name: &str) -> (String, &'static str) {
    match WORDS.iter().find(|row| row.0 == name) {
        Some((_, words, tone)) => ((*words).to_owned(), tone),
        None => (name.replace('_', " "), "off"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::delivery::{Attention, Refusal, WaitReason};

    #[test]
    fn every_outcome_has_words() {
        use {Attention as A, Refusal as R, WaitReason as W};
        let waits = [W::RateLimited, W::ServerError, W::Unavailable, W::Unreachable, W::TimedOut, W::Interrupted];
        let attentions = [
            A::Unauthorized,
            A::Forbidden,
            A::NotFound,
            A::Gone,
            A::MethodNotAllowed,
            A::UnsupportedMediaType,
            A::Redirected,
            A::UnexpectedAnswer,
            A::AddressRefused,
            A::Tls,
        ];
        let names = waits.map(W::name).into_iter().chain(attentions.map(A::name));
        let names =
            names.chain([R::Invalid, R::TooLarge].map(R::name)).chain(["delivered", "delivered_in_part", "left_out"]);
        let names: BTreeSet<_> = names.collect();
        assert_eq!(names, WORDS.iter().map(|row| row.0).collect());
    }

    #[test]
    fn outcome_of_another_version_stands_for_itself() {
        assert_eq!(words("sent_by_pigeon"), ("sent by pigeon".to_owned(), "off"));
    }
}
