//! The requests of a page of Activity, as rows.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::filters::Address;
use super::marks::Marks;
use super::paths;
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
    /// Empty: it came without a key.
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
    pub marks: Marks,
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

/// The rows of requests, with their marks in the same order.
pub(super) fn rows(requests: Vec<ListedRequest>, marks: Vec<Marks>, context: &Context<'_>) -> Vec<RequestRow> {
    let slowest = requests.iter().filter_map(|request| request.latency_ms).max().unwrap_or_default();
    let mut last = None;
    let rows = requests.into_iter().zip(marks).map(|(request, marks)| {
        let date = request.completed_at.date_naive();
        let day = (last.replace(date) != Some(date)).then(|| day(request.completed_at, context.now));
        RequestRow { day, marks, ..row(request, slowest, context) }
    });
    rows.collect()
}

fn row(request: ListedRequest, slowest: i64, context: &Context<'_>) -> RequestRow {
    let (tone, state) = ending(&request);
    let user = |user: String| {
        let path = context.address.link("/activity", &[("range", ""), ("from", ""), ("until", ""), ("user", &user)]);
        Linked { path, text: user }
    };
    let model = match request.answered_by {
        Some(answered) if !request.model.is_empty() => format!("{}, answered by {answered}", request.model),
        Some(answered) => answered,
        None => request.model,
    };
    RequestRow {
        day: None,
        when: When::new(request.completed_at, context.now),
        path: paths::request(&request.generation_id),
        name: request.name.unwrap_or(request.generation_id),
        model,
        tone,
        state,
        key: request.api_key.and_then(|key| context.keys.get(&key).cloned()).unwrap_or_default(),
        user: request.user.map(user),
        session: request.session.map(|session| Linked { path: paths::session(&session), text: session }),
        latency: request.latency_ms.map(duration).unwrap_or_default(),
        first_token: request.first_token_ms.map(duration).unwrap_or_default(),
        meter: request.latency_ms.map(|latency| Meter {
            class: if tone == "bad" { "fill-bad" } else { "fill" },
            width: share(latency, slowest),
            first_token: request.first_token_ms.map(|first| share(first, slowest)).unwrap_or_default(),
        }),
        input: request.input_tokens.map(grouped).unwrap_or_default(),
        output: request.output_tokens.map(grouped).unwrap_or_default(),
        cost: request.cost.map(usd).unwrap_or_default(),
        marks: Marks::Each(Vec::new()),
    }
}

/// How a request ended: the class of its state, and its words.
pub(super) fn ending(request: &ListedRequest) -> (&'static str, String) {
    let outcome = Outcome::named(&request.outcome).unwrap_or(Outcome::Failed);
    let (tone, word) = words(outcome);
    match outcome {
        Outcome::Failed | Outcome::Refused => (tone, format!("{word} {}", request.status)),
        Outcome::Succeeded | Outcome::Cancelled => (tone, word.to_owned()),
    }
}

/// The class of a state, and its word.
fn words(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Succeeded => ("good", "OK"),
        Outcome::Failed => ("bad", "Failed"),
        Outcome::Refused => ("warn", "Refused"),
        Outcome::Cancelled => ("off", "Cancelled"),
    }
}

fn share(part: i64, whole: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "drawn in a few hundred pixels")]
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    format!("{:.1}", share.clamp(0.0, 100.0))
}

/// "Today, 29 November", "Sunday, 22 November".
pub(super) fn day(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
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
    fn day_is_named_by_its_distance() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-30T00:10:00Z");
        assert_eq!(day(now, now), "Today, 30 November");
        assert_eq!(day(at("2026-11-29T23:59:59Z"), now), "Yesterday, 29 November");
        assert_eq!(day(at("2026-11-25T12:00:00Z"), now), "Wednesday, 25 November");
    }
}
