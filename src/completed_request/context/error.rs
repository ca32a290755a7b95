//! Why `user`, `session_id` or `trace` of a request cannot be taken.

/// Why a request cannot be taken: the caller's mistake, answered with 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// The field holds another type of JSON.
    #[error("`{field}` must be {expected}: send {expected} or leave the field out")]
    WrongType {
        /// `user`, `session_id` or `trace`.
        field: &'static str,
        /// What belongs there, in words.
        expected: &'static str,
    },
    /// The field holds JSON that cannot be read: nested too deeply, or a number beyond all ranges.
    #[error("`{field}` cannot be read: it is nested too deeply or holds a number out of range; simplify it")]
    Unreadable {
        /// `user`, `session_id` or `trace`.
        field: &'static str,
    },
    /// A key stands twice, so it is unknown which was meant.
    #[error("`{field}` holds the key {key:?} twice: send each key once")]
    DuplicateKey {
        /// `trace`
        field: &'static str,
        /// The key, cut to 64 characters.
        key: String,
    },
}

impl ContextError {
    /// For logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WrongType { .. } => "wrong_type",
            Self::Unreadable { .. } => "unreadable",
            Self::DuplicateKey { .. } => "duplicate_key",
        }
    }

    /// The field of the body that has to change.
    pub fn field(&self) -> &'static str {
        match self {
            Self::WrongType { field, .. } | Self::Unreadable { field } | Self::DuplicateKey { field, .. } => field,
        }
    }
}
