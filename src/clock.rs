//! The time of day, passed in: nothing else in the program reads the system's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Nanoseconds since the Unix epoch, the unit of OTLP's timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixNanos(pub u64);

impl UnixNanos {
    /// The same instant as whole seconds.
    pub fn as_seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Seconds from `earlier` to `self`; zero if `earlier` is later.
    #[expect(clippy::cast_precision_loss, reason = "a duration in nanoseconds fits f64 to the microsecond")]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e9
    }
}

/// Tells the time. Tests pass one that stands still.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The operating system's clock.
    System,
    /// Always this instant.
    Fixed(UnixNanos),
}

impl Clock {
    /// Now, in nanoseconds since the Unix epoch.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn unix_nanos(self) -> UnixNanos {
        match self {
            Self::Fixed(at) => at,
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                UnixNanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
            }
        }
    }

    /// Now, as a calendar time.
    pub fn now(self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(i64::try_from(self.unix_nanos().0).unwrap_or(i64::MAX))
    }
}
