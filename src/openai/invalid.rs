//! A request that cannot be taken: the caller's mistake.

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Invalid {
    /// The field that has to change. None: the body as a whole.
    pub field: Option<String>,
    /// What is wrong, and what to do.
    pub sentence: String,
}

impl Invalid {
    /// The body is not what the API takes.
    pub(crate) fn body(sentence: &str) -> Self {
        Self { field: None, sentence: sentence.to_owned() }
    }

    /// A field of the body is wrong.
    pub(crate) fn field(field: &str, sentence: String) -> Self {
        Self { field: Some(field.to_owned()), sentence }
    }

    /// A field of the body has the wrong type. `expected` completes "must be …".
    pub(crate) fn wrong_type(field: &str, expected: &str) -> Self {
        Self::field(field, format!("`{field}` must be {expected}. Correct it and send it again."))
    }
}
