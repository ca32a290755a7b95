//! How long a receiver asks to be left alone: `retry-after` and `x-sentry-rate-limits`.

use std::time::{Duration, UNIX_EPOCH};

use super::Answer;
use crate::clock::UnixNanos;

/// No answer makes a destination wait longer (spec 4.3).
pub(super) const MAX_PAUSE: Duration = Duration::from_hours(1);

/// The longer of the two headers' pauses, at most [`MAX_PAUSE`]. None when neither says anything that can be read.
pub(super) fn asked_for(answer: &Answer) -> Option<Duration> {
    let retry_after = answer.retry_after.as_deref().and_then(|text| retry_after(text, answer.received_at));
    let rate_limits = answer.rate_limits.as_deref().and_then(rate_limits);
    Some(retry_after.max(rate_limits)?.min(MAX_PAUSE))
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. A date in the past is no pause at all.
fn retry_after(text: &str, now: UnixNanos) -> Option<Duration> {
    let text = text.trim();
    if let Some(pause) = seconds(text) {
        return Some(pause);
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(at.saturating_sub(Duration::from_nanos(now.0)))
}

/// `x-sentry-rate-limits`: `<seconds>:<categories>:<scope>:…`, several joined by commas, categories by semicolons.
/// Those count that concern all categories (none named) or spans.
fn rate_limits(text: &str) -> Option<Duration> {
    text.split(',')
        .filter_map(|limit| {
            let mut parts = limit.split(':');
            let pause = seconds(parts.next()?.trim())?;
            let categories = parts.next().unwrap_or_default().trim();
            let concerns_spans =
                categories.is_empty() || categories.split(';').any(|category| category.trim() == "span");
            concerns_spans.then_some(pause)
        })
        .max()
}

/// Whole or broken seconds (`60`, `2.5`); more than an hour is an hour.
fn seconds(text: &str) -> Option<Duration> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) || text.contains(['e', 'E']) {
        return None;
    }
    let seconds: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(seconds.min(MAX_PAUSE.as_secs_f64())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06 08:49:37 UTC, RFC 9110's own example.
    const NOW: UnixNanos = UnixNanos(784_111_777_000_000_000);

    fn pause(retry_after: Option<&str>, rate_limits: Option<&str>) -> Option<u64> {
        let answer = Answer {
            status: 429,
            retry_after: retry_after.map(str::to_owned),
            rate_limits: rate_limits.map(str::to_owned),
            received_at: NOW,
            ..Answer::default()
        };
        asked_for(&answer).map(|pause| pause.as_secs())
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let table = [
            ("60", Some(60)),
            (" 60 ", Some(60)),
            ("0", Some(0)),
            ("1.5", Some(1)),
            ("86400", Some(3600)),
            ("99999999999999999999999", Some(3600)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
            ("Sun Nov  6 08:50:37 1994", Some(60)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Sat, 06 Nov 2094 08:00:00 GMT", Some(3600)),
            ("-5", None),
            ("soon", None),
            ("inf", None),
            ("NaN", None),
            ("1e400", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(pause(Some(text), None), expected, "{text:?}");
        }
    }

    #[test]
    fn rate_limits_count_for_spans_and_for_all_categories() {
        let table = [
            ("60:span:organization:span_quota", Some(60)),
            ("60::organization", Some(60)),
            ("60", Some(60)),
            ("60:error;transaction:organization", None),
            ("60:error;span:organization", Some(60)),
            ("60:error:key, 120:span:organization, 5::key", Some(120)),
            ("7200:span:organization", Some(3600)),
            ("x:span:organization", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(pause(None, Some(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn the_longer_pause_of_both_headers_counts() {
        assert_eq!(pause(Some("60"), Some("90:span:organization")), Some(90));
        assert_eq!(pause(Some("120"), Some("90:span:organization")), Some(120));
        assert_eq!(pause(Some("120"), Some("90:error:organization")), Some(120));
        assert_eq!(pause(None, None), None);
    }
}
