//! Which fields of a request are sent at all.

use super::glob::Glob;

/// Names, tokens, cost and timing always go.
#[expect(clippy::struct_excessive_bools, reason = "each is a box of the form, and any of them may be ticked")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    pub system_prompt: bool,
    pub tool_definitions: bool,
    /// Arguments and results of tool calls.
    pub tool_content: bool,
    pub metadata: Metadata,
    pub user: bool,
    pub session: bool,
}

/// Which keys of metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Metadata {
    #[default]
    All,
    Only(Vec<Glob>),
    AllBut(Vec<Glob>),
}

impl Default for Fields {
    fn default() -> Self {
        let metadata = Metadata::All;
        Self { system_prompt: true, tool_definitions: true, tool_content: true, metadata, user: true, session: true }
    }
}

impl Metadata {
    pub(super) fn keeps(&self, key: &str) -> bool {
        let is_among = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(key));
        match self {
            Self::All => true,
            Self::Only(globs) => is_among(globs),
            Self::AllBut(globs) => !is_among(globs),
        }
    }
}
