//! Why no further attempt is made for a request.

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum DeadLetterReason {
    /// The receiver refuses the request.
    Refused,
    /// The receiver fails whenever the request is sent.
    FailsReceiver,
    /// No trace can be built of what was recorded.
    Unbuildable,
}

impl DeadLetterReason {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::FailsReceiver => "fails_receiver",
            Self::Unbuildable => "unbuildable",
        }
    }
}
