//! How the texts of one message belong together.

/// A whole message has paragraphs, a delta has pieces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Whole,
    Delta,
}

impl Form {
    pub(super) fn separator(self) -> &'static str {
        match self {
            Self::Whole => "\n",
            Self::Delta => "",
        }
    }
}
