//! The requests of a page of Activity, as rows.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::filters::Address;
use crate::id::ApiKeyId;
use crate::metering::Outcome;
use crate::pages::components::amount::{duration, grouped, usd};
use crate::pages::components::when::When;
use crate::store::activity::ListedRequest;

/// A completed request.
#[derive(Debug)]
pub struct RequestRow {
    /// The day, where it is not that of the row above: "Today, 29 November".
    pub day: Option<String>,
    pub when: When,
    /// The address of its page.
    pub path: String,
    pub name: String,
    /// The model that was asked, and who answered where that is another.
    pub model: String,
    /// The class of its state.
    pub tone: &'static str,
    pub state: String,
    /// Whether Broadcast was off, so that nobody gets it.
    pub is_unsent: bool,
    /// Empty: it came without a key, or with one that is gone.
    pub key: String,
    pub user: Option<Linked>,
    pub session: Option<Linked>,
    /// Empty: not known.
    pub latency: String,
    /// Empty: not known.
    pub first_token: String,
    pub meter: Option<Meter>,
    /// Empty: not known.
    pub input: String,
    /// Empty: not known.
    pub output: String,
    /// Empty: not known.
    pub cost: String,
}

/// A text that leads somewhere.
#[derive(Debug)]
pub struct Linked {
    pub text: String,
    pub path: String,
}

/// A bar as long as the request took, beside the slowest of the page; widths in per cent.
#[derive(Debug)]
pub struct Meter {
    /// `fill` or `fill-bad`.
    pub class: &'static str,
    pub width: String,
    /// Until the first token. Empty: not known.
    pub first_token: String,
}

/// What rows are made of beside the requests.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) address: &'a Address,
    pub(super) keys: &'a BTreeMap<ApiKeyId, String>,
    pub(super) now: DateTime<Utc>,
}

pub(super) fn rows(requests: Vec<ListedRequest>, context: &Context<'_>) -> Vec<RequestRow> {
    let slowest = requests.iter().filter_map(|request| request.latency_ms).max().unwrap_or_default();
    let mut last = None;
    let rows = requests.into_iter().map(|request| {
        let date = request.completed_at.date_naive();
        let day = (last.replace(date) != Some(date)).then(|| day(request.completed_at, context.now));
        RequestRow { day, ..row(request, slowest, context) }
    });
    rows.collect()
}

fn row(request: ListedRequest, slowest: i64, context: &Context<'_>) -> RequestRow {
    let outcome = Outcome::named(&request.outcome).unwrap_or(Outcome::Failed);
    let (tone, word) = words(outcome);
    let state = match outcome {
        Outcome::Failed | Outcome::Refused => format!("{word} {}", request.status),
        Outcome::Succeeded | Outcome::Cancelled => word.to_owned(),
    };
    let filtered = |name, value: String| {
        let path = context.address.link("/activity", &[("range", ""), ("from", ""), ("until", ""), (name, &value)]);
        Linked { path, text: value }
    };
    let model = match request.answered_by {
        Some(answered) if !request.model.is_empty() => format!("{}, answered by {answered}", request.model),
        Some(answered) => answered,
        None => request.model,
    };
    RequestRow {
        day: None,
        when: When::new(request.completed_at, context.now),
        path: path_of(&request.generation_id),
        name: request.name.unwrap_or(request.generation_id),
        model,
        tone,
        state,
        is_unsent: !request.broadcast,
        key: request.api_key.and_then(|key| context.keys.get(&key).cloned()).unwrap_or_default(),
        user: request.user.map(|user| filtered("user", user)),
        session: request.session.map(|session| filtered("session", session)),
        latency: request.latency_ms.map(duration).unwrap_or_default(),
        first_token: request.first_token_ms.map(duration).unwrap_or_default(),
        meter: request.latency_ms.map(|latency| Meter {
            class: if outcome == Outcome::Failed { "fill-bad" } else { "fill" },
            width: share(latency, slowest),
            first_token: request.first_token_ms.map(|first| share(first, slowest)).unwrap_or_default(),
        }),
        input: request.input_tokens.map(grouped).unwrap_or_default(),
        output: request.output_tokens.map(grouped).unwrap_or_default(),
        cost: request.cost.map(usd).unwrap_or_default(),
    }
}

/// The class of a state, and its word.
pub(super) fn words(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Succeeded => ("good", "OK"),
        Outcome::Failed => ("bad", "Failed"),
        Outcome::Refused => ("warn", "Refused"),
        Outcome::Cancelled => ("off", "Cancelled"),
    }
}

/// The address of a request's page.
pub(super) fn path_of(generation_id: &str) -> String {
    format!("/activity/{}", segment(generation_id))
}

/// A part of a path. Blanks are written as such: a plus is one only in a query.
pub(super) fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn share(part: i64, whole: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "drawn in a few hundred pixels")]
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    format!("{:.1}", share.clamp(0.0, 100.0))
}

/// "Today, 29 November", "Sunday, 22 November".
fn day(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let name = match now.date_naive() - at.date_naive() {
        age if age == TimeDelta::zero() => "Today".to_owned(),
        age if age == TimeDelta::days(1) => "Yesterday".to_owned(),
        _ => at.format("%A").to_string(),
    };
    format!("{name}, {}", at.format("%-d %B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_of_any_name_is_one_segment() {
        assert_eq!(path_of("gen-1-a"), "/activity/gen-1-a");
        assert_eq!(path_of("a/b c?d+e"), "/activity/a%2Fb%20c%3Fd%2Be");
    }

    #[test]
    fn day_is_named_by_its_distance() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-30T00:10:00Z");
        assert_eq!(day(now, now), "Today, 30 November");
        assert_eq!(day(at("2026-11-29T23:59:59Z"), now), "Yesterday, 29 November");
        assert_eq!(day(at("2026-11-25T12:00:00Z"), now), "Wednesday, 25 November");
    }
}
