//! The result of a connection test, as it is drawn.

use crate::connection_test::{State, Verdict};

#[derive(Debug, Clone)]
pub struct VerdictPanel {
    /// `passed`, `warning` or `failed`.
    pub state: &'static str,
    /// The verdict in a few words.
    pub headline: String,
    /// What it means for the settings.
    pub subline: String,
    /// One sentence that says what to do.
    pub advice: Option<String>,
    /// What was done, in order.
    pub steps: Vec<StepRow>,
    /// Where to look for the trace.
    pub kind: &'static str,
    /// The trace to look for.
    pub trace_id: Option<String>,
    /// What the receiver calls itself.
    pub server: Option<String>,
    /// What was sent: names and values, secrets masked.
    pub sent: Vec<(String, String)>,
    /// Whether it has just been made, so that the reader is led to it.
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

/// The panel of a test. `fresh`: it was made just now, and the reader is led to it.
pub(in crate::pages) fn panel(verdict: Verdict, kind: &'static str, fresh: bool) -> VerdictPanel {
    let (state, headline, subline) = match (verdict.passed, verdict.warning) {
        (true, false) => ("passed", "The connection works", "These settings are saved."),
        (true, true) => ("warning", "The connection works, with a warning", "These settings are saved."),
        (false, _) => ("failed", "The connection test failed", "Nothing was saved."),
    };
    let spans = verdict.spans.iter().map(|span| {
        let indent = "\u{2003}".repeat(span.depth);
        ("Span".to_owned(), format!("{indent}{} ({})", span.name, span.span_id))
    });
    let sent = verdict.headers.iter().cloned().chain(spans).collect();
    VerdictPanel {
        state,
        headline: headline.to_owned(),
        subline: subline.to_owned(),
        advice: verdict.advice,
        steps: verdict
            .steps
            .into_iter()
            .map(|step| StepRow {
                state: step.state.name(),
                label: step.label,
                detail: step.detail,
                time: match (step.state, step.milliseconds) {
                    (State::Skipped, _) | (_, None) => String::new(),
                    (_, Some(0)) => "under 1 ms".to_owned(),
                    (_, Some(milliseconds)) => format!("{milliseconds} ms"),
                },
            })
            .collect(),
        kind,
        trace_id: verdict.trace_id,
        server: verdict.server,
        sent,
        is_focused: fresh,
    }
}
