//! One sentence for each known failure: what a person should do next.

use crate::delivery::{Attention, Outcome, WaitReason};

/// What to do about an outcome that does not pass. None: it passes without a word.
pub(super) fn advice(outcome: &Outcome) -> Option<String> {
    let text = match outcome {
        Outcome::Delivered | Outcome::DeliveredInPart { .. } => return None,
        Outcome::Wait { reason: WaitReason::RateLimited, .. } => {
            "The receiver is reached and knows the key, but its quota is used up: traces arrive once it allows more. \
             Look at the quota in Sentry's subscription settings."
        }
        Outcome::Wait { reason: WaitReason::ServerError | WaitReason::Unavailable, .. } => {
            "The receiver has a problem of its own. Try again in a few minutes; if it stays, look at its status page."
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
        Outcome::NeedsAttention { .. } | Outcome::Wait { .. } | Outcome::Refused { .. } => {
            outcome.sentence().unwrap_or_default()
        }
    };
    Some(text.to_owned())
}

/// Whether an outcome lets the settings in. Over quota is reachable and authenticated: a pass with a warning (spec 2.3).
pub(super) fn passes(outcome: &Outcome) -> bool {
    outcome.is_accepted() || is_over_quota(outcome)
}

/// Whether the receiver only says: not now.
pub(super) fn is_over_quota(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Wait { reason: WaitReason::RateLimited, .. })
}
