//! What flows are given: everything that reaches outside the program, built once and passed in.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::random::Random;

/// Cheap to clone. Each role (pages, worker) has its own, with its own connections.
#[derive(Debug, Clone)]
pub struct State {
    /// Tells the time.
    pub clock: Clock,
    /// Gives randomness.
    pub random: Random,
    /// Settings of the operator.
    pub config: Arc<Config>,
}
