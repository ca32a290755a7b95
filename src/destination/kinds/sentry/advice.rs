//! What Sentry's responses mean where the general table does not know, and the sentences that say what to do (spec 2.2).

use super::rate_limits;
use crate::delivery::{Attention, Outcome, WaitReason};
use crate::otlp::answer::Response;

/// What to do when the connection test comes to this.
pub(super) fn on_test(outcome: &Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Wait { reason: WaitReason::RateLimited, .. } => {
            "The receiver is reached and knows the key, but its quota is used up: traces arrive once it allows more. \
             Look at the quota in Sentry's subscription settings."
        }
        Outcome::NeedsAttention { reason: Attention::Forbidden, .. } => {
            "This key does not exist, is disabled, or belongs to another project. Copy endpoint and DSN again from the \
             same project's Client Keys (DSN) page."
        }
        Outcome::NeedsAttention { reason: Attention::Unauthorized, .. } => {
            "The receiver did not accept the credentials. Copy the DSN again from the project's Client Keys (DSN) page."
        }
        Outcome::NeedsAttention { reason: Attention::NotFound, .. } => {
            "Nothing takes traces at this path. Check the endpoint; a self-hosted Sentry needs Relay 26.5 or newer."
        }
        Outcome::NeedsAttention { reason: Attention::MethodNotAllowed, .. } => {
            "Something is at this path, but it takes no traces. Copy the OTLP Traces Endpoint again."
        }
        _ => return None,
    })
}

/// The outcome in Sentry's words. A 415 concerns the endpoint here and not one event: Relay reads no body before it
/// answers.
pub(super) fn read(response: &Response, outcome: Outcome) -> Outcome {
    let outcome = match outcome {
        Outcome::Wait { reason, sentence, not_before } => {
            Outcome::Wait { reason, sentence, not_before: not_before.max(rate_limits::asked_for(response)) }
        }
        Outcome::Refused { status: status @ 415, sentence, .. } => {
            Outcome::NeedsAttention { reason: Attention::UnsupportedMediaType, status: Some(status), advice: sentence }
        }
        other => other,
    };
    match lead(response.status) {
        Some(lead) => outcome.map_sentence(|_| match response.words() {
            Some(words) => format!("{lead} (HTTP {}: {words})", response.status),
            None => format!("{lead} (HTTP {})", response.status),
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
