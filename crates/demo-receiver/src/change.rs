//! What people and tests do to Sentry and to the Relay in front of it.

use serde::{Deserialize, Serialize};

/// Something that happens to Sentry or to Relay, as scripts name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Change {
    /// Sentry takes everything with the key again.
    EnableKey,
    /// Somebody switches the key off in Sentry.
    DisableKey,
    /// Somebody sets the key's quota to 0 in Sentry.
    ZeroQuota,
    /// Relay forgets everything.
    Restart,
    /// Relay can load nothing.
    LoseUpstream,
    /// Relay can load again.
    FindUpstream,
}

impl Change {
    /// All of them.
    pub(super) const ALL: [Self; 6] =
        [Self::DisableKey, Self::EnableKey, Self::ZeroQuota, Self::Restart, Self::LoseUpstream, Self::FindUpstream];

    /// The word for it in the JSON and the form.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EnableKey => "enable_key",
            Self::DisableKey => "disable_key",
            Self::ZeroQuota => "zero_quota",
            Self::Restart => "restart",
            Self::LoseUpstream => "lose_upstream",
            Self::FindUpstream => "find_upstream",
        }
    }

    /// What its button says.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::EnableKey => "Make the key good",
            Self::DisableKey => "Disable the key",
            Self::ZeroQuota => "Set its quota to 0",
            Self::Restart => "Restart Relay: it forgets now",
            Self::LoseUpstream => "Take Relay’s upstream away",
            Self::FindUpstream => "Give Relay its upstream back",
        }
    }
}
