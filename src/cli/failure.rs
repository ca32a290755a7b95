//! Why a command failed, as it is printed.

use crate::app::StartError;
use crate::config::Mistake;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Settings are wrong: all of them at once.
    #[error("{}", list(.0))]
    Settings(Vec<Mistake>),
    #[error(transparent)]
    Start(#[from] StartError),
    /// Any other sentence for the operator.
    #[error("{0}")]
    Said(String),
}

impl From<crate::auth::Error> for Failure {
    fn from(error: crate::auth::Error) -> Self {
        Self::Said(error.to_string())
    }
}

impl From<crate::store::Error> for Failure {
    fn from(error: crate::store::Error) -> Self {
        Self::Start(error.into())
    }
}

fn list(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
