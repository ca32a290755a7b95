//! The health of a destination: how its receiver takes what is sent.

/// The health by the last attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Health {
    /// It accepts.
    Healthy,
    /// It is away or takes nothing at the moment. It is tried again without anybody's help.
    Failing,
    /// It takes nothing until a person changes something. It is tried now and then.
    NeedsAttention,
}

impl Health {
    /// The name in the database, in logs and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Failing => "failing",
            Self::NeedsAttention => "needs_attention",
        }
    }
}
