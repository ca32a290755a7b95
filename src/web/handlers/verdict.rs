//! From what a connection test found to how it is drawn.

use crate::connection_test::{State, Verdict};
use crate::web::pages::verdict::{StepRow, VerdictPanel};

/// The panel of a test. `fresh`: it was made just now, and the reader is led to it.
pub(super) fn panel(verdict: Verdict, kind: &'static str, fresh: bool) -> VerdictPanel {
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
