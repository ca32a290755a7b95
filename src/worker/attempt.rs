//! One request to a destination, and what came of it.

use std::time::{Duration, Instant};

use super::slots::Slot;
use crate::delivery::Outcome;
use crate::destination::{Connection, Request};
use crate::state::State;

/// A request that was made.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What it means.
    pub(super) outcome: Outcome,
    /// The HTTP status, if there was an answer.
    pub(super) status: Option<u16>,
    /// From the first byte sent to the answer's last.
    pub(super) duration: Duration,
}

impl Attempt {
    pub(super) async fn make(state: &State, connection: &Connection, request: &Request, slot: Slot) -> Self {
        let begun = Instant::now();
        let answer = slot.hold(state.egress.hand_over(request)).await;
        let duration = begun.elapsed();
        match answer {
            Ok(answer) => Self { outcome: connection.outcome(&answer), status: Some(answer.status), duration },
            Err(error) => Self { outcome: error.outcome(), status: None, duration },
        }
    }
}
