//! What a connection test found: shown on the page and kept with the destination as evidence. Holds no secret.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The result of a connection test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether the settings may be stored.
    pub passed: bool,
    /// Passed, but a person should know something: the advice says what.
    pub warning: bool,
    /// One sentence that says what to do.
    pub advice: Option<String>,
    /// The field in which the failure is mended. None: it is in no field, or unknown.
    #[serde(default)]
    pub field: Option<String>,
    /// Where traces go in the receiver's names, for example "You are connected to project checkout."
    #[serde(default)]
    pub found: Option<String>,
    /// When to look for the test trace, and what its acceptance does not prove.
    #[serde(default)]
    pub arrival: Option<String>,
    /// The receiver is reached and takes nothing at the moment, and asked to be left alone for so many seconds.
    #[serde(default)]
    pub not_yet_seconds: Option<u64>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// The last HTTP status.
    pub status: Option<u16>,
    /// The trace to look up at the receiver.
    pub trace_id: Option<String>,
    /// What the receiver calls itself.
    pub server: Option<String>,
    /// Headers as they were sent, secrets masked.
    pub headers: Vec<(String, String)>,
    /// The spans of the test trace.
    pub spans: Vec<SentSpan>,
    /// When the test ended.
    pub tested_at: DateTime<Utc>,
}

impl Verdict {
    /// Whether only the operator's list let the receiver's address pass (spec 5.1).
    pub fn is_widened(&self) -> bool {
        self.steps.iter().any(|step| step.name == "dns" && step.state == State::Warning)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `fields`, `dns`, `connect`, `tls`, then of the kind's `send`, `send_again`, `check`, `trace`.
    pub name: String,
    /// What was done, in a few words.
    pub label: String,
    pub state: State,
    /// What came of it: a sentence, or nothing.
    pub detail: String,
    /// How long it took, in milliseconds. None: it was not done.
    pub milliseconds: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Passed,
    /// It works, but a person should know something.
    Warning,
    /// The test ends here.
    Failed,
    /// Not done, because a step before failed.
    Skipped,
}

impl State {
    /// The word for pages and style sheets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentSpan {
    /// How deep in the tree.
    pub depth: usize,
    pub name: String,
    pub span_id: String,
}
