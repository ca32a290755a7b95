//! The few numbers that matter, side by side.

/// A number that matters.
#[derive(Debug, PartialEq, Eq)]
pub struct Figure {
    pub label: &'static str,
    pub value: String,
    /// Of what; empty for nothing.
    pub note: String,
}

impl Figure {
    pub fn new(label: &'static str, value: impl Into<String>, note: impl Into<String>) -> Self {
        Self { label, value: value.into(), note: note.into() }
    }
}
