//! The result of a connection test, as it is drawn.

use chrono::{DateTime, Utc};

use super::when::When;
use crate::connection_test::{State, Step, Verdict};

#[derive(Debug, Clone)]
pub struct VerdictPanel {
    /// `passed`, `warning` or `failed`.
    pub state: &'static str,
    /// The verdict in a few words.
    pub headline: &'static str,
    /// What it means for the settings; empty where the time of the test says it.
    pub subline: &'static str,
    /// When a test of the stored settings was made.
    pub tested: Option<When>,
    /// How long the steps took, for example "3.4 s"; empty for no time.
    pub took: String,
    /// What to know of settings that passed. A test that failed says it at the field.
    pub advice: Option<String>,
    /// Where traces go in the receiver's own names; empty where it tells none.
    pub found: String,
    /// When to look for the trace, and what its acceptance does not prove.
    pub arrival: String,
    /// What was done, in order.
    pub steps: Vec<StepRow>,
    /// Leads to the id of the trace.
    pub look_up: String,
    /// The trace to look for.
    pub trace_id: Option<String>,
    /// What the receiver calls itself.
    pub server: Option<String>,
    /// What was sent: names and values, secrets masked.
    pub sent: Vec<(String, String)>,
    /// Whether it is the news of this page, to which the reader is led.
    pub is_focused: bool,
}

#[derive(Debug, Clone)]
pub struct StepRow {
    /// `passed`, `warning`, `failed` or `skipped`.
    pub state: &'static str,
    /// What was done.
    pub label: String,
    /// What came of it; empty for nothing to say.
    pub detail: String,
    /// How long it took; empty for no time.
    pub time: String,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To test settings.
    Test,
    /// To send the example trace to a destination that is stored.
    Example,
}

/// The panel of a test, drawn at `now`.
pub(in crate::pages) fn panel(verdict: Verdict, purpose: Purpose, look_up: String, now: DateTime<Utc>) -> VerdictPanel {
    let (headline, subline) = match (purpose, verdict.passed) {
        (Purpose::Test, true) if verdict.warning => ("The connection works, with a warning", ""),
        (Purpose::Test, true) => ("The connection works", ""),
        (Purpose::Test, false) => ("The connection test failed", "Nothing was saved"),
        (Purpose::Example, true) => ("The example trace was sent", "Look it up by its id"),
        (Purpose::Example, false) => ("The example trace was not sent", "No setting was changed"),
    };
    let state = match (verdict.passed, verdict.warning) {
        (true, false) => "passed",
        (true, true) => "warning",
        (false, _) => "failed",
    };
    let spans = verdict.spans.iter().map(|span| {
        let indent = "\u{2003}".repeat(span.depth);
        ("Span".to_owned(), format!("{indent}{} ({})", span.name, span.span_id))
    });
    VerdictPanel {
        state,
        headline,
        subline,
        tested: Some(When::new(verdict.tested_at, now)).filter(|_| subline.is_empty()),
        found: verdict.found.unwrap_or_default(),
        arrival: verdict.arrival.unwrap_or_default(),
        took: took(verdict.steps.iter().filter_map(|step| step.milliseconds).sum()),
        advice: verdict.advice.filter(|_| verdict.passed),
        sent: verdict.headers.iter().cloned().chain(spans).collect(),
        is_focused: purpose == Purpose::Example && verdict.passed,
        steps: verdict.steps.into_iter().map(row).collect(),
        look_up,
        trace_id: verdict.trace_id,
        server: verdict.server,
    }
}

fn row(step: Step) -> StepRow {
    // Reading the fields is no work worth a time.
    let is_timed = step.state != State::Skipped && step.name != "fields";
    StepRow {
        state: step.state.name(),
        label: step.label,
        detail: step.detail,
        time: step.milliseconds.filter(|_| is_timed).map(took).unwrap_or_default(),
    }
}

/// `41 ms`, `3.4 s`; nothing below a millisecond.
fn took(milliseconds: u64) -> String {
    match milliseconds {
        0 => String::new(),
        1..1_000 => format!("{milliseconds} ms"),
        _ => format!("{}.{} s", (milliseconds + 50) / 1_000, (milliseconds + 50) / 100 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_of_seconds_has_one_decimal_and_one_below_a_millisecond_has_no_time() {
        assert_eq!([0, 1, 999, 1_000, 3_256, 9_960].map(took), ["", "1 ms", "999 ms", "1.0 s", "3.3 s", "10.0 s"]);
    }
}
