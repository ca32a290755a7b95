//! Instants in the unit of OTLP.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since the Unix epoch, the unit of OTLP's timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct UnixNanos(pub u64);

impl UnixNanos {
    /// The system's time.
    #[expect(clippy::disallowed_methods, reason = "a receiver has a clock of its own, whatever its senders believe")]
    pub(super) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The same instant as whole seconds.
    pub(super) fn as_seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Seconds from `earlier` to `self`; zero if `earlier` is later.
    #[expect(clippy::cast_precision_loss, reason = "a duration in nanoseconds fits f64 to the microsecond")]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e9
    }
}
