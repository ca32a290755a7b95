//! A histogram of durations that can be added up: counts in buckets that grow by a tenth each.

use std::collections::BTreeMap;

/// The upper bound of a bucket, relative to its lower one.
const GROWTH: f64 = 1.1;

/// How often durations fell into each bucket. A quantile read from it is off by 4.8 % at most.
///
/// Its bytes are pairs of a bucket and a count. Two of them one after the other are those of the sum, so that Postgres adds
/// histograms by joining bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    counts: BTreeMap<u8, u64>,
}

impl Histogram {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut histogram = Self::default();
        histogram.add_bytes(bytes);
        histogram
    }

    /// Counts a duration in milliseconds.
    pub fn add(&mut self, milliseconds: u64) {
        *self.counts.entry(bucket(milliseconds)).or_default() += 1;
    }

    /// Adds another histogram. What is not written whole is left out.
    pub fn add_bytes(&mut self, mut bytes: &[u8]) {
        while let Some((bucket, rest)) = bytes.split_first() {
            let Some((count, rest)) = read_count(rest) else { return };
            let sum = self.counts.entry(*bucket).or_default();
            *sum = sum.saturating_add(count);
            bytes = rest;
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.counts.len() * 3);
        for (bucket, count) in &self.counts {
            bytes.push(*bucket);
            write_count(&mut bytes, *count);
        }
        bytes
    }

    pub fn count(&self) -> u64 {
        self.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The duration, in milliseconds, within which this share of all durations lies, from 0 to 1. None: there are none.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among counts below 2^52"
    )]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = ((self.count() as f64 * share).ceil() as u64).max(1);
        let mut passed = 0_u64;
        self.counts.iter().find_map(|(bucket, count)| {
            passed = passed.saturating_add(*count);
            (passed >= rank).then(|| middle(*bucket))
        })
    }
}

/// Bucket 0 is below a millisecond; bucket n begins at the (n-1)th power of the growth.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the logarithm of a u64 lies between 0 and 466, and is cut to a byte"
)]
fn bucket(milliseconds: u64) -> u8 {
    if milliseconds == 0 {
        return 0;
    }
    let power = (milliseconds as f64).ln() / GROWTH.ln();
    // What lies on a bound may come out a hair below it.
    (power + 1e-9).floor().min(254.0) as u8 + 1
}

/// The value that is equally far, relatively, from both bounds of a bucket.
fn middle(bucket: u8) -> f64 {
    match bucket.checked_sub(1) {
        None => 0.0,
        Some(power) => GROWTH.powi(i32::from(power)) * 2.0 * GROWTH / (GROWTH + 1.0),
    }
}

/// LEB128: seven bits a byte, the lowest first.
fn write_count(bytes: &mut Vec<u8>, mut count: u64) {
    loop {
        let [low, ..] = count.to_le_bytes();
        count >>= 7;
        if count == 0 {
            return bytes.push(low & 0x7f);
        }
        bytes.push(low | 0x80);
    }
}

fn read_count(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut count = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        count |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((count, &bytes[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(durations: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for duration in durations {
            histogram.add(*duration);
        }
        histogram
    }

    #[test]
    fn histogram_without_durations_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(of(&[0]).quantile(0.5), Some(0.0));
        assert!(of(&[u64::MAX]).quantile(0.5).unwrap() > 1e9);
    }

    proptest! {
        #[test]
        fn quantile_is_within_five_per_cent(mut durations in prop::collection::vec(1_u64..100_000_000, 1..200), share in 0.0..1.0) {
            let found = of(&durations).quantile(share).unwrap();
            durations.sort_unstable();
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            let truth = durations[((durations.len() as f64 * share).ceil() as usize).max(1) - 1] as f64;
            prop_assert!((found - truth).abs() <= truth * 0.05, "{found} for {truth}");
        }

        #[test]
        fn joined_bytes_are_the_sum(left in prop::collection::vec(any::<u64>(), 0..50), right in prop::collection::vec(0_u64..300, 0..500)) {
            let mut sum = Histogram::default();
            sum.add_bytes(&[of(&left).to_bytes(), of(&right).to_bytes()].concat());
            prop_assert_eq!(sum, of(&[left, right].concat()));
        }

        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let mut histogram = Histogram::default();
            histogram.add_bytes(&bytes);
            let _ = histogram.quantile(0.95);
        }
    }
}
