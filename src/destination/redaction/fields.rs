//! Which fields of a request are sent at all.

use super::glob::Glob;

/// Names, tokens, cost and timing always go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    pub system_prompt: bool,
    pub tool_definitions: bool,
    /// Arguments and results of tool calls.
    pub tool_content: bool,
    pub metadata: Metadata,
    pub user: Shown,
    pub session: Shown,
}

/// How a name goes that tells people or sessions apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    #[default]
    AsIs,
    /// As 12 hexadecimal digits, which are the same for the same name.
    Hashed,
    LeftOut,
}

impl Shown {
    /// By the name in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::AsIs, Self::Hashed, Self::LeftOut].into_iter().find(|shown| shown.name() == name)
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsIs => "as_is",
            Self::Hashed => "hashed",
            Self::LeftOut => "left_out",
        }
    }
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
        let (metadata, user, session) = (Metadata::All, Shown::AsIs, Shown::AsIs);
        Self { system_prompt: true, tool_definitions: true, tool_content: true, metadata, user, session }
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
