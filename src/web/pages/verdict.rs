//! The result of a connection test, as it is drawn.

/// The panel with the verdict.
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

/// One step of a connection test.
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
