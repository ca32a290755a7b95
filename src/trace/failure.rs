//! The error that the spans of a failed or cancelled request show.

use std::borrow::Cow;

use super::names;
use crate::completed_request::Ending;

/// OpenTelemetry's word for an error that has no other.
const OTHER: &str = "_OTHER";

/// Type and message of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure<'a> {
    /// `error.type`
    pub(super) kind: &'a str,
    /// The message of the status ERROR.
    pub(super) message: Cow<'a, str>,
}

impl<'a> Failure<'a> {
    /// None for a request that was answered. The upstream's own words may repeat the prompt, so they appear only where
    /// content may.
    pub(super) fn of(ending: &'a Ending<'_>, content_allowed: bool) -> Option<Self> {
        match ending {
            Ending::Completed => None,
            Ending::Failed { kind, message, detail } => Some(Self {
                kind: if kind.trim().is_empty() { OTHER } else { kind },
                message: match detail {
                    Some(detail) if content_allowed => {
                        let head = message.trim_end_matches('.');
                        Cow::Owned(names::message(&format!("{head}: {}", &**detail)).into_owned())
                    }
                    _ => names::message(message),
                },
            }),
            Ending::Cancelled => Some(Self {
                kind: "cancelled",
                message: Cow::Borrowed("The caller went away before the answer was complete"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(detail: Option<&'static str>) -> Ending<'static> {
        Ending::Failed { kind: "429".into(), message: "The upstream refused".into(), detail: detail.map(Into::into) }
    }

    #[test]
    fn upstreams_own_words_appear_only_where_content_may() {
        let ending = failed(Some("your prompt 'x' is\ntoo long"));
        assert_eq!(Failure::of(&ending, false).unwrap().message, "The upstream refused");
        assert_eq!(Failure::of(&ending, true).unwrap().message, "The upstream refused: your prompt 'x' istoo long");
    }

    #[test]
    fn message_and_detail_are_one_sentence() {
        let ending = Ending::Failed {
            kind: "429".into(),
            message: "The upstream answered 429.".into(),
            detail: Some("Rate limit reached.".into()),
        };
        assert_eq!(Failure::of(&ending, true).unwrap().message, "The upstream answered 429: Rate limit reached.");
        assert_eq!(Failure::of(&ending, false).unwrap().message, "The upstream answered 429.");
    }

    #[test]
    fn an_error_always_has_a_type() {
        let ending = Ending::Failed { kind: " ".into(), message: "".into(), detail: None };
        let failure = Failure::of(&ending, true).unwrap();
        assert_eq!((failure.kind, &*failure.message), ("_OTHER", "The request failed"));
        assert_eq!(Failure::of(&Ending::Completed, true), None);
    }
}
