//! What waits for a project's configuration, within limits.

use super::Arrival;
use crate::Limits;
use crate::decode::Decoded;
use crate::relay::Key;

/// What waits, oldest first.
#[derive(Debug, Default)]
pub(super) struct Parking {
    parked: Vec<Parked>,
    bytes: usize,
}

/// A request that was accepted before its key was known.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) key: Key,
    pub(super) arrival: Arrival,
    pub(super) carried: Decoded,
}

impl Parking {
    /// Holds it.
    ///
    /// # Errors
    /// Gives it back where there is no room.
    pub(super) fn hold(&mut self, parked: Parked, limits: Limits) -> Result<(), Parked> {
        let bytes = parked.carried.bytes();
        if self.parked.len() >= limits.requests || self.bytes + bytes > limits.bytes {
            return Err(parked);
        }
        self.bytes += bytes;
        self.parked.push(parked);
        Ok(())
    }

    /// Lets go whatever waits for this key.
    pub(super) fn release(&mut self, key: &Key) -> Vec<Parked> {
        let released: Vec<_> = self.parked.extract_if(.., |parked| parked.key == *key).collect();
        self.bytes -= released.iter().map(|parked| parked.carried.bytes()).sum::<usize>();
        released
    }

    /// How many requests wait.
    pub(super) fn count(&self) -> usize {
        self.parked.len()
    }
}
