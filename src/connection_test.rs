//! The connection test: proves that a destination takes our traces before anything is stored (spec 2.3).
//!
//! Every kind names its own steps once the receiver is reached ([`crate::destination::TestStep`]). One request proves
//! nothing at some: they answer 200 to the first request with an unknown key, so an empty body is sent several times
//! before one real span. Others have an address that only the right key can ask.

mod advice;
mod example;
mod probe;
mod record;
mod verdict;

use std::time::Duration;

pub use self::probe::{run, send_example};
pub use self::verdict::{SentSpan, State, Step, Verdict};

/// Pauses before the second and every further send: long enough for a Relay to load the project's keys (spec 2.3).
pub const PAUSES: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2)];
