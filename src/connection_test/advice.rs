//! One sentence for each outcome that does not pass: what a person should do next.

use crate::delivery::{Outcome, WaitReason};
use crate::destination::Kind;

/// What to do about an outcome that does not pass. None: it passes without a word.
pub(super) fn advice(kind: &Kind, outcome: &Outcome) -> Option<String> {
    if outcome.is_accepted() {
        return None;
    }
    let general = match outcome {
        Outcome::Wait { reason: WaitReason::ServerError | WaitReason::Unavailable, .. } => {
            "The receiver has a problem of its own. Try again in a few minutes; if it stays, look at its status page."
        }
        _ => outcome.sentence().unwrap_or_default(),
    };
    Some(kind.advice(outcome).unwrap_or(general).to_owned())
}

/// Whether an outcome lets the settings in. Over quota is reachable and authenticated: a pass with a warning (spec 2.3).
pub(super) fn passes(outcome: &Outcome) -> bool {
    outcome.is_accepted() || outcome.is_quota()
}
