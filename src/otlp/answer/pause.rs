//! How long a receiver asks to be left alone.

use std::time::{Duration, UNIX_EPOCH};

use super::response::Response;
use crate::clock::UnixNanos;

/// No answer makes a destination wait longer (spec 4.3).
pub(super) const MAX_PAUSE: Duration = Duration::from_hours(1);

/// What `retry-after` asks for, at most [`MAX_PAUSE`]. None when it says nothing that can be read.
pub(super) fn asked_for(response: &Response) -> Option<Duration> {
    let text = response.headers.get("retry-after")?;
    Some(retry_after(text, response.received_at)?.min(MAX_PAUSE))
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

/// Whole or broken seconds (`60`, `2.5`); more than an hour is an hour.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
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

    fn pause(retry_after: &str) -> Option<u64> {
        let headers = [("retry-after", retry_after)].into_iter().collect();
        let response = Response { status: 429, headers, received_at: NOW, ..Response::default() };
        asked_for(&response).map(|pause| pause.as_secs())
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
            assert_eq!(pause(text), expected, "{text:?}");
        }
    }

    #[test]
    fn without_the_header_nothing_is_asked_for() {
        assert_eq!(asked_for(&Response::default()), None);
    }
}
