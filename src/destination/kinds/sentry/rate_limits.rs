//! `x-sentry-rate-limits`: how long Sentry asks to be left alone.

use std::time::Duration;

use crate::otlp::answer::{Response, seconds};

/// What the header asks for. None when it says nothing that can be read, or concerns no spans.
pub(super) fn asked_for(response: &Response) -> Option<Duration> {
    rate_limits(response.headers.get("x-sentry-rate-limits")?)
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

#[cfg(test)]
mod tests {
    use super::*;

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
            let headers = [("x-sentry-rate-limits", text)].into_iter().collect();
            let response = Response { status: 429, headers, ..Response::default() };
            assert_eq!(asked_for(&response).map(|pause| pause.as_secs()), expected, "{text:?}");
        }
    }
}
