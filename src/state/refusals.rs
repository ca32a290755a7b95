//! Which refused requests become traces: one a second for each key, so that a key that floods the gateway does not flood the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::id::ApiKeyId;

/// The shortest time between two recorded refusals of one key.
const PAUSE: Duration = Duration::from_secs(1);
/// Keys that are counted at the same time. Refusals of further keys are not recorded.
const COUNTED: usize = 10_000;

/// Cheap to clone; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<HashMap<ApiKeyId, Count>>>);

#[derive(Debug)]
struct Count {
    recorded: Instant,
    /// Refused since then.
    refused: u64,
}

impl Refusals {
    /// Counts a refusal. Gives how many requests of the key it stands for, itself among them; None: it is not recorded.
    pub fn count(&self, key: ApiKeyId, now: Instant) -> Option<u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |count: &Count| now.saturating_duration_since(count.recorded) >= PAUSE;
        if let Some(count) = counts.get_mut(&key) {
            count.refused += 1;
            if !is_due(count) {
                return None;
            }
            count.recorded = now;
            return Some(std::mem::take(&mut count.refused));
        }
        if counts.len() >= COUNTED {
            counts.retain(|_, count| !is_due(count));
        }
        if counts.len() >= COUNTED {
            return None;
        }
        counts.insert(key, Count { recorded: now, refused: 0 });
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u128) -> ApiKeyId {
        ApiKeyId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn one_refusal_a_second_and_key_stands_for_all_since_the_last() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(refusals.count(key(1), at(0)), Some(1));
        assert_eq!(refusals.count(key(2), at(10)), Some(1));
        assert_eq!((refusals.count(key(1), at(400)), refusals.count(key(1), at(999))), (None, None));
        assert_eq!(refusals.count(key(1), at(1_000)), Some(3));
        assert_eq!(refusals.count(key(1), at(2_500)), Some(1));
    }

    #[test]
    fn counted_keys_are_bounded_and_old_ones_make_room() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let recorded = (0..=COUNTED as u128).filter(|number| refusals.count(key(*number), start).is_some()).count();
        assert_eq!(recorded, COUNTED);
        assert_eq!(refusals.count(key(u128::MAX), start + PAUSE), Some(1));
        assert_eq!(refusals.0.lock().unwrap().len(), 1);
    }
}
