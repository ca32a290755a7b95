//! On demand slow or broken: what the receiver does with the next requests.

use serde::{Deserialize, Serialize};

/// What the receiver does with a request to its OTLP endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Behaviour {
    /// As Sentry does.
    #[default]
    Normal,
    /// Waits, then goes on as usual.
    Slow {
        /// How long, at most ten minutes.
        milliseconds: u64,
    },
    /// Answers with this status and keeps nothing. A 3xx points to `/followed`, where nobody should arrive.
    Status {
        /// 200 to 599.
        code: u16,
        /// Seconds for a `Retry-After` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// Accepts the key, then answers 429 with Sentry's two headers.
    Quota,
    /// Takes the request and never answers, until the behaviour is changed.
    Hang,
    /// Answers 200 and breaks the connection before the body is complete.
    Broken,
    /// Keeps everything, and answers that so many spans were rejected. Sentry never does; other receivers do.
    Partial {
        /// The number in `partial_success.rejected_spans`.
        rejected: i64,
    },
    /// Answers 200 and a body without an end.
    Endless,
    /// Answers 200 and a page to sign in, as a proxy in front of a receiver does. Keeps nothing.
    Page,
}

/// A behaviour with a number that makes no sense.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum InvalidBehaviour {
    /// Longer than ten minutes.
    #[error("Choose at most 600000 milliseconds.")]
    TooSlow,
    /// Not a status that ends a request.
    #[error("Choose a status from 200 to 599.")]
    Status,
}

impl Behaviour {
    /// The word for it in the JSON and the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Slow { .. } => "slow",
            Self::Status { .. } => "status",
            Self::Quota => "quota",
            Self::Hang => "hang",
            Self::Broken => "broken",
            Self::Partial { .. } => "partial",
            Self::Endless => "endless",
            Self::Page => "page",
        }
    }

    /// Refuses numbers that make no sense.
    ///
    /// # Errors
    /// Which number, as a sentence for a person.
    pub fn checked(self) -> Result<Self, InvalidBehaviour> {
        match self {
            Self::Slow { milliseconds } if milliseconds > 600_000 => Err(InvalidBehaviour::TooSlow),
            Self::Status { code, .. } if !(200..=599).contains(&code) => Err(InvalidBehaviour::Status),
            fine => Ok(fine),
        }
    }
}
