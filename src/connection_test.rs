//! The connection test: proves that a destination takes our traces before anything is stored (spec 2.3).
//!
//! One request proves nothing: some receivers answer 200 to the first request with an unknown key. So an empty body is
//! sent several times, then one real span.

mod advice;
mod probe;
mod request;
mod verdict;

use std::time::Duration;

pub use self::probe::run;
pub use self::verdict::{SentSpan, State, Step, Verdict};

/// Pauses before the second and every further send: long enough for a Relay to load the project's keys (spec 2.3).
pub const PAUSES: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2)];
