//! Numbers and times as a person reads them.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

use crate::time::UnixNanos;

/// A time, twice: as said, and exactly.
#[derive(Debug)]
pub(super) struct Time {
    /// `12 s ago`
    pub(super) ago: String,
    /// `2026-09-05T08:24:27.107Z`
    pub(super) exact: String,
}

/// A time as seen from `now`.
pub(super) fn time(at: UnixNanos, now: UnixNanos) -> Time {
    let seconds = now.as_seconds().saturating_sub(at.as_seconds());
    let ago = match seconds {
        0..2 => "just now".to_owned(),
        2..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    };
    Time { ago, exact: exact(at) }
}

/// `2026-09-05T08:24:27.107Z`
pub(super) fn exact(at: UnixNanos) -> String {
    let nanos = i64::try_from(at.0).unwrap_or(i64::MAX);
    DateTime::from_timestamp_nanos(nanos).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `850 µs`, `12.3 ms`, `1.42 s`, `2 min 5 s`
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.001 => format!("{:.0} µs", s * 1e6),
        s if s < 0.1 => format!("{:.1} ms", s * 1e3),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.2} s"),
        s => format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0),
    }
}

/// `48 s`, `4 min 12 s`
pub(super) fn rest(left: Duration) -> String {
    match (left.as_secs() / 60, left.as_secs() % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 span`, `2,000 spans`
pub(super) fn count(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", grouped(u64::try_from(number).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_that_fits() {
        let said: Vec<_> = [0.0, 0.000_85, 0.012_34, 0.42, 1.417, 125.0].into_iter().map(duration).collect();
        assert_eq!(said, ["0 µs", "850 µs", "12.3 ms", "420 ms", "1.42 s", "2 min 5 s"]);
    }

    #[test]
    fn what_is_left_is_told_in_minutes_and_seconds() {
        assert_eq!([48, 252].map(|seconds| rest(Duration::from_secs(seconds))), ["48 s", "4 min 12 s"]);
    }

    #[test]
    fn numbers_are_grouped_and_counted() {
        assert_eq!([grouped(7), grouped(1_234), grouped(1_234_567)], ["7", "1,234", "1,234,567"]);
        assert_eq!([count(1, "span"), count(2_000, "span")], ["1 span", "2,000 spans"]);
    }

    #[test]
    fn times_are_relative_and_exact() {
        let at = UnixNanos(1_788_596_667_107_000_000);
        let said = time(at, UnixNanos(at.0 + 95_000_000_000));
        assert_eq!((said.ago.as_str(), said.exact.as_str()), ("1 min ago", "2026-09-05T08:24:27.107Z"));
    }
}
