//! The bases of the addresses at which callers ask.

/// Where a request came in, above the path of its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// `/api/v1`, as OpenRouter's clients want it.
    OpenRouter,
    /// `/v1`, for clients that cannot take a longer base.
    OpenAi,
}

impl Base {
    /// The base of a request's path.
    pub fn of(path: &str) -> Self {
        if path.starts_with("/api/") { Self::OpenRouter } else { Self::OpenAi }
    }

    pub fn path(self) -> &'static str {
        match self {
            Self::OpenRouter => "/api/v1",
            Self::OpenAi => "/v1",
        }
    }
}
