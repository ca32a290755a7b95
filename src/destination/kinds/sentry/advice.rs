//! What Sentry's answers mean where the general table does not know: the sentence that says what to do (spec 2.2).

use crate::delivery::{Attention, Outcome};
use crate::otlp::answer::Answer;

/// The outcome in Sentry's words. A 415 concerns the endpoint here and not one event: Relay reads no body before it
/// answers.
pub(super) fn read(answer: &Answer, outcome: Outcome) -> Outcome {
    let outcome = match outcome {
        Outcome::Refused { status: status @ 415, sentence, .. } => {
            Outcome::NeedsAttention { reason: Attention::UnsupportedMediaType, status: Some(status), advice: sentence }
        }
        other => other,
    };
    match lead(answer.status) {
        Some(lead) => outcome.map_sentence(|_| match answer.words() {
            Some(words) => format!("{lead} (HTTP {}: {words})", answer.status),
            None => format!("{lead} (HTTP {})", answer.status),
        }),
        None => outcome,
    }
}

fn lead(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => {
            "Sentry cannot read the request: the project's number or the key in the DSN is not valid. Copy both values again from Client Keys (DSN)."
        }
        401 => "Sentry did not find valid credentials. Copy the DSN again from Client Keys (DSN).",
        403 => {
            "This key does not exist, is disabled, or belongs to another project. Copy endpoint and DSN again from the same project's Client Keys (DSN)."
        }
        404 | 410 => {
            "Nothing takes OTLP traces at this address. Check the endpoint's path; a self-hosted Sentry or Relay needs version 26.5 or newer."
        }
        405 => {
            "What answers at this address takes no traces. Check that the endpoint ends in /integration/otlp/v1/traces and leads to Sentry."
        }
        413 => {
            "The receiver says that the request is too large. Something in front of Sentry may limit the size: allow at least 5 MB."
        }
        415 => {
            "The receiver does not take OTLP in protobuf. Check that the endpoint leads to Sentry or a Relay of version 26.5 or newer."
        }
        429 => {
            "Sentry knows this key, but its quota for spans is used up: what is sent now is not stored. Raise the quota in Sentry, or wait until it is renewed."
        }
        500 => {
            "Sentry or a Relay in front of it failed. Try again in a minute; if it stays, look at its status page or its log."
        }
        502..=504 => "Sentry or a Relay in front of it is not available at the moment. Try again in a minute.",
        _ => return None,
    })
}
