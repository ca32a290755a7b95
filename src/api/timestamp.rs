//! Times as OpenRouter's API writes them: RFC 3339 in UTC, with milliseconds.

use chrono::{DateTime, SecondsFormat, Utc};

/// For example `2026-09-05T08:24:27.107Z`.
pub(super) fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
