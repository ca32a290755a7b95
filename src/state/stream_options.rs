//! Which models take the `stream_options` that the gateway adds to a stream, so that a model server which refuses it is asked
//! twice only once. The threads of the web server share it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::clock::UnixNanos;

/// A model server may learn to take it.
const REMEMBERED: Duration = Duration::from_hours(1);
/// Models that are remembered. Only those that a server answered for count, but a server may answer to any name.
const MODELS: usize = 10_000;

/// Cheap to clone; clones share what they know.
#[derive(Debug, Clone, Default)]
pub struct StreamOptions(Arc<RwLock<HashMap<String, Seen>>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    taken: bool,
    at: UnixNanos,
}

impl StreamOptions {
    /// Whether a model of this server takes it. None: nobody knows.
    pub fn are_taken(&self, server: &str, model: &str, now: UnixNanos) -> Option<bool> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let seen = known.get(&name(server, model))?;
        (now.seconds_since(seen.at) < REMEMBERED.as_secs_f64()).then_some(seen.taken)
    }

    /// Remembers what a model server did with it.
    pub fn remember(&self, server: &str, model: &str, taken: bool, now: UnixNanos) {
        if self.are_taken(server, model, now) == Some(taken) {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MODELS {
            known.clear();
        }
        known.insert(name(server, model), Seen { taken, at: now });
    }
}

fn name(server: &str, model: &str) -> String {
    format!("{server}\n{model}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000_000;

    #[test]
    fn a_refusal_is_remembered_for_an_hour_and_for_its_model_only() {
        let options = StreamOptions::default();
        options.remember("a", "m", false, UnixNanos(HOUR));
        let clone = options.clone();
        assert_eq!(clone.are_taken("a", "m", UnixNanos(2 * HOUR - 1)), Some(false));
        assert_eq!(clone.are_taken("a", "m", UnixNanos(2 * HOUR)), None);
        assert_eq!(clone.are_taken("a", "n", UnixNanos(HOUR)), None);
        assert_eq!(clone.are_taken("b", "m", UnixNanos(HOUR)), None);
        options.remember("a", "m", true, UnixNanos(HOUR));
        assert_eq!(clone.are_taken("a", "m", UnixNanos(HOUR)), Some(true));
    }
}
