//! What is known of a request: its figures, and its facts.

use crate::completed_request::{CompletedRequest, Ending, MetadataValue};
use crate::pages::activity::paths;
use crate::pages::components::amount::{count, duration, grouped, usd};
use crate::pages::components::figure::Figure;
use crate::pages::delivery::words;
use crate::trace::{self, Trace, TraceSettings};

/// A name with its value.
#[derive(Debug)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
    pub note: String,
    /// Whether it is an identifier.
    pub is_code: bool,
    /// Where all that share it are. Empty: nowhere.
    pub path: String,
}

impl Fact {
    fn plain(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), note: String::new(), is_code: false, path: String::new() }
    }

    /// A value that leads to all requests that share it.
    fn shared(label: &'static str, value: &str, path: fn(&str) -> String) -> Self {
        Self { path: path(value), ..Self::plain(label, value) }
    }

    fn code(label: &'static str, value: impl Into<String>) -> Self {
        Self { is_code: true, ..Self::plain(label, value) }
    }
}

/// The colour's name and the words.
pub(super) fn ending(request: &CompletedRequest<'_>) -> (&'static str, String) {
    match &request.ending {
        Ending::Completed => ("good", "OK".to_owned()),
        Ending::Cancelled => ("warn", "Cancelled".to_owned()),
        Ending::Failed { .. } if request.asked_a_model() => ("bad", format!("Failed {}", request.status)),
        Ending::Failed { .. } => ("bad", format!("Refused {}", request.status)),
    }
}

/// The model that was asked, else the one that answered.
pub(super) fn model(request: &CompletedRequest<'_>) -> String {
    let answered = request.response.model.as_deref().unwrap_or("no model");
    if request.request_model.is_empty() { answered.to_owned() } else { request.request_model.to_string() }
}

pub(super) fn figures(request: &CompletedRequest<'_>) -> Vec<Figure> {
    let times = &request.times;
    let milliseconds =
        |from: u64, to: u64| duration(i64::try_from(to.saturating_sub(from) / 1_000_000).unwrap_or(i64::MAX));
    let first = times.first_chunk.map(|first| format!("first token after {}", milliseconds(times.received.0, first.0)));
    let mut figures = vec![Figure {
        label: "Latency",
        value: milliseconds(times.received.0, times.answered.0),
        note: first.unwrap_or_default(),
    }];
    figures.extend(tokens(request));
    figures.extend(request.cost.total.map(|total| {
        let part = |cost: Option<f64>, name: &str| cost.map(|cost| format!("{} {name}", usd(cost)));
        let parts = [part(request.cost.input, "in"), part(request.cost.output, "out")];
        Figure { label: "Cost", value: usd(total), note: parts.into_iter().flatten().collect::<Vec<_>>().join(", ") }
    }));
    if let Some(last) = request.failed_attempts.last() {
        let attempts = i64::try_from(request.failed_attempts.len()).unwrap_or(i64::MAX);
        let how = last.status.map_or_else(|| last.kind.to_string(), |status| status.to_string());
        let note = format!("{} before, the last: {how}", count(attempts, "failure"));
        figures.push(Figure { label: "Attempts", value: grouped(attempts + 1), note });
    }
    figures
}

fn tokens(request: &CompletedRequest<'_>) -> Option<Figure> {
    let usage = request.usage;
    let number = |count: u64| grouped(i64::try_from(count).unwrap_or(i64::MAX));
    let total = usage.total.or_else(|| Some(usage.input.unwrap_or_default() + usage.output.unwrap_or_default()));
    let total = total.filter(|total| *total > 0 || usage.input.is_some())?;
    let cached = usage.cache_read.filter(|cached| *cached > 0).map(|cached| format!(" ({} cached)", number(cached)));
    let input = usage.input.map(|input| format!("{} in{}", number(input), cached.unwrap_or_default()));
    let output = usage.output.map(|output| format!("{} out", number(output)));
    let note = [input, output].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Some(Figure { label: "Tokens", value: number(total), note })
}

pub(super) fn facts(request: &CompletedRequest<'_>, trace: &Trace<'_>, settings: &TraceSettings) -> Vec<Fact> {
    let context = &request.context;
    let mut facts = vec![Fact::code("Generation id", request.id.as_str())];
    let named = context.trace_id.as_deref().filter(|named| **named != trace.trace_id.to_string());
    facts.push(Fact {
        note: named.map(|named| format!("from {named}")).unwrap_or_default(),
        path: paths::trace(&trace.trace_id.to_string()),
        ..Fact::code("Trace id", trace.trace_id.to_string())
    });
    facts.push(Fact::plain("Model", answered_by(request)));
    facts.extend(request.api_key_name.as_deref().map(|name| Fact::plain("API key", name)));
    facts.extend(context.user.as_deref().map(|user| Fact::shared("User", user, |user| paths::filtered("user", user))));
    facts.extend(context.session_id.as_deref().map(|session| Fact::shared("Session", session, paths::session)));
    facts.extend(context.environment.as_deref().map(|name| Fact::plain("Environment", name)));
    facts.extend(context.release.as_deref().map(|name| Fact::plain("Release", name)));
    for (key, value) in &context.metadata {
        facts.push(Fact { note: metadata(value), ..Fact::code("Metadata", key.to_string()) });
    }
    let way = request.route.trim_start_matches("/api/v1/").trim_start_matches("/v1/").replace(['/', '_'], " ");
    let streaming = if request.streaming { ", streaming" } else { "" };
    facts.push(Fact::plain("Came in by", format!("{way}{streaming}")));
    if let Ending::Failed { kind, message, .. } = &request.ending {
        facts.push(Fact { note: message.to_string(), ..Fact::code("Failed", kind.to_string()) });
    }
    if let Some(refused) = request.refused.filter(|refused| *refused > 1) {
        facts.push(Fact::plain("Stands for", count(i64::try_from(refused).unwrap_or(i64::MAX), "refused request")));
    }
    let notes = trace::notes(request, trace, settings);
    facts.extend(notes.iter().map(|note| Fact::plain("Note", words(note, "Sentry"))));
    facts
}

/// Which model was asked, and who answered where that is somebody else.
fn answered_by(request: &CompletedRequest<'_>) -> String {
    let asked = model(request);
    let answered = request.response.model.as_deref().filter(|answered| **answered != asked);
    let provider = request.response.routed_to.as_deref().or(request.response.provider.as_deref());
    match (answered, provider) {
        (Some(answered), Some(provider)) => format!("{asked}, answered by {answered} at {provider}"),
        (Some(answered), None) => format!("{asked}, answered by {answered}"),
        (None, Some(provider)) => format!("{asked}, at {provider}"),
        (None, None) => asked,
    }
}

fn metadata(value: &MetadataValue<'_>) -> String {
    match value {
        MetadataValue::Bool(flag) => flag.to_string(),
        MetadataValue::Int(number) => number.to_string(),
        MetadataValue::Double(number) => number.to_string(),
        MetadataValue::Text(text) => text.to_string(),
    }
}
