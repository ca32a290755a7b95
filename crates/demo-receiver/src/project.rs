//! What Sentry holds of a client key: whether it exists, is enabled, and has a quota.

use serde::Serialize;

use super::received::Loss;
use super::refusal::Refusal;

/// What Sentry holds of a client key and the project that a request names with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Project {
    /// No such key, or it belongs to another project.
    #[default]
    Unknown,
    /// Everything is taken.
    Enabled,
    /// Somebody switched the key off.
    Disabled,
    /// The key is good, and nothing may be sent with it.
    ZeroQuota,
}

impl Project {
    /// What is so about the key, for a person.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => "does not exist",
            Self::Enabled => "is good",
            Self::Disabled => "is disabled",
            Self::ZeroQuota => "has a quota of 0",
        }
    }

    /// How a request is refused once this is known; a good key's is not.
    pub(super) fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Enabled => None,
            Self::Unknown | Self::Disabled => Some(Refusal::UnknownKey),
            Self::ZeroQuota => Some(Refusal::Quota),
        }
    }

    /// What becomes of a request that was accepted before this was known; a good key's is stored.
    pub(super) fn loss(self) -> Option<Loss> {
        match self {
            Self::Enabled => None,
            Self::Unknown => Some(Loss::UnknownKey),
            Self::Disabled => Some(Loss::DisabledKey),
            Self::ZeroQuota => Some(Loss::ZeroQuota),
        }
    }

    /// Whether Relay gets a configuration for it; otherwise it remembers only that there is none, and for a shorter time.
    pub(super) fn has_configuration(self) -> bool {
        matches!(self, Self::Enabled | Self::ZeroQuota)
    }
}
