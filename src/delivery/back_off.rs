//! How long a failing destination is left alone.

use std::time::Duration;

use super::{Health, Outcome};

/// The pause after `failures` failures in a row: `min(cap, base · 2^(failures-1)) × U(0.5, 1.5)` (spec 4.3).
///
/// `unit_random` lies in `[0, 1)` and is the jitter; see [`unit()`]. No failure, no pause.
pub fn backoff(failures: u32, base: Duration, cap: Duration, unit_random: f64) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    let pause = base.saturating_mul(factor).min(cap);
    let jitter = if unit_random.is_finite() { unit_random.clamp(0.0, 1.0) } else { 0.5 };
    Duration::try_from_secs_f64(pause.as_secs_f64() * (0.5 + jitter)).unwrap_or(cap)
}

/// Shortest and longest pause between two tries of a destination that needs attention (spec 4.3).
pub const ATTENTION: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// How long destinations are left alone.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// First pause after a failure.
    pub base: Duration,
    /// Longest pause, before jitter.
    pub cap: Duration,
    /// From 0 to 1.
    pub jitter: f64,
}

impl Pauses {
    /// What `failures` attempts in a row, the last of them with this outcome, make of a destination.
    pub fn after(self, failures: u32, outcome: &Outcome) -> (Health, Duration) {
        let Outcome::Wait { not_before, .. } = outcome else {
            return (Health::NeedsAttention, self.attention(failures));
        };
        let pause = backoff(failures, self.base, self.cap, self.jitter);
        (Health::Failing, pause.max(not_before.unwrap_or_default()))
    }

    /// A destination that a person has to look at is tried now and then. An operator who caps the back-off caps this as well.
    pub fn attention(self, failures: u32) -> Duration {
        let (shortest, longest) = (ATTENTION.0.min(self.cap), ATTENTION.1.min(self.cap.max(ATTENTION.0)));
        backoff(failures, shortest, longest, self.jitter)
    }
}

/// Random bytes as a number in `[0, 1)`, evenly spread.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit the mantissa of f64 exactly")]
pub fn unit(bytes: [u8; 8]) -> f64 {
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: Duration = Duration::from_secs(2);
    const CAP: Duration = Duration::from_mins(15);

    #[test]
    fn pause_doubles_from_the_base_to_the_cap() {
        let pauses: Vec<_> = [0, 1, 2, 3, 9, 10, 40, u32::MAX].map(|n| backoff(n, BASE, CAP, 0.5)).to_vec();
        assert_eq!(pauses, [0, 2, 4, 8, 512, 900, 900, 900].map(Duration::from_secs));
    }

    #[test]
    fn unit_covers_zero_to_just_below_one() {
        assert!(unit([0; 8]).abs() < f64::EPSILON);
        let greatest = unit([255; 8]);
        assert!(greatest > 0.999_999 && greatest < 1.0);
    }

    proptest! {
        #[test]
        fn pause_stays_within_half_and_one_and_a_half_times_the_plain_pause(
            failures in 1_u32.., base in 1_u64..10_000, cap in 1_u64..10_000_000, random in 0.0..1.0_f64,
        ) {
            let (base, cap) = (Duration::from_millis(base), Duration::from_millis(cap));
            let plain = backoff(failures, base, cap, 0.5);
            let pause = backoff(failures, base, cap, random);
            prop_assert!(plain <= cap);
            prop_assert!(pause >= plain.mul_f64(0.499) && pause <= plain.mul_f64(1.501));
        }

        #[test]
        fn pause_never_panics(failures: u32, base: u64, cap: u64, random: f64) {
            backoff(failures, Duration::from_secs(base), Duration::from_secs(cap), random);
        }

        #[test]
        fn unit_is_never_one(bytes: [u8; 8]) {
            prop_assert!((0.0..1.0).contains(&unit(bytes)));
        }
    }
}
