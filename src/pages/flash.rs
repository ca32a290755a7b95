//! A notice that survives one redirect: a word in a short-lived cookie, turned into a sentence of ours.

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A destination passed its test and was stored.
    Connected,
    /// An earlier version of a destination's settings is in force again.
    Restored,
    /// A destination's new values passed their test and were stored.
    Updated,
    /// Values of a destination that need no test were stored.
    Saved,
    /// A destination waits.
    Paused,
    /// A destination goes on.
    Resumed,
    /// A destination is gone.
    Deleted,
    ReplayStarted,
    ReplayPaused,
    ReplayResumed,
    ReplayCancelled,
    DeadLettersDropped,
    BroadcastOn,
    BroadcastOff,
    /// Account-wide Privacy Mode was turned on.
    PrivacyOn,
    /// Account-wide Privacy Mode was turned off.
    PrivacyOff,
    /// Others may read content than before, or the same.
    ContentReaders,
    KeyRevoked,
    MemberRemoved,
    RoleChanged,
    /// Somebody left the account.
    Left,
    InvitationWithdrawn,
    /// The session looks at another account.
    Switched,
    SessionEnded,
    /// All other sessions were ended.
    SessionsEnded,
    /// An invitation was accepted.
    Joined,
    AccountRenamed,
    /// The password was set with a link.
    PasswordReset,
    SecondFactorOff,
    /// Every member needs a second factor.
    SecondFactorRequired,
    /// Members may do without a second factor again.
    SecondFactorOptional,
    AccountDeleted,
    PasswordChanged,
    SignedOut,
}

const ALL: &[(Notice, &str, &str)] = &[
    (
        Notice::Connected,
        "connected",
        "The test passed and the destination is saved. New requests are sent to it while Broadcast is on.",
    ),
    (Notice::Updated, "updated", "The test passed and the new settings are saved. The next batch uses them."),
    (Notice::Restored, "restored", "Restored as a new version. The next batch uses it."),
    (Notice::Saved, "saved", "Saved. The next batch uses it."),
    (Notice::Paused, "paused", "Paused. New requests wait until you resume."),
    (Notice::Resumed, "resumed", "Resumed. What has waited is sent now."),
    (Notice::Deleted, "deleted", "The destination is deleted."),
    (
        Notice::ReplayStarted,
        "replay-started",
        "The replay has begun. It is served after new requests. Refresh to see how far it is.",
    ),
    (Notice::ReplayPaused, "replay-paused", "The replay is paused. It keeps its place."),
    (Notice::ReplayResumed, "replay-resumed", "The replay goes on."),
    (Notice::ReplayCancelled, "replay-cancelled", "The replay is cancelled. What was sent stays sent."),
    (
        Notice::DeadLettersDropped,
        "dead-letters-dropped",
        "The dead letters are dropped. The receipts of their requests say so.",
    ),
    (Notice::BroadcastOn, "broadcast-on", "Broadcast is on. Requests that complete from now on are sent."),
    (Notice::BroadcastOff, "broadcast-off", "Broadcast is off. Nothing more is sent."),
    (Notice::PrivacyOn, "privacy-on", "Privacy Mode is on. Prompts and completions stay out of every trace."),
    (Notice::PrivacyOff, "privacy-off", "Privacy Mode is off. Each destination decides for itself."),
    (Notice::ContentReaders, "content-readers", "Saved. It holds from everybody’s next click on."),
    (Notice::KeyRevoked, "key-revoked", "The key is revoked."),
    (Notice::MemberRemoved, "member-removed", "The member is removed."),
    (Notice::RoleChanged, "role-changed", "The role is changed. It holds from their next click on."),
    (Notice::Left, "left", "You have left the account."),
    (Notice::InvitationWithdrawn, "invitation-withdrawn", "The invitation is withdrawn. Its link works no longer."),
    (Notice::Switched, "switched", "You are in your other account now."),
    (Notice::SessionEnded, "session-ended", "The session is ended."),
    (Notice::SessionsEnded, "sessions-ended", "All your other sessions are ended."),
    (Notice::Joined, "joined", "Welcome. You are a member of this account now."),
    (Notice::AccountRenamed, "account-renamed", "The account has its new name."),
    (Notice::PasswordReset, "password-reset", "The new password is set. Sign in with it."),
    (Notice::SecondFactorOff, "second-factor-off", "Your second factor is off. You sign in with the password alone."),
    (
        Notice::SecondFactorRequired,
        "second-factor-required",
        "Every member needs a second factor now, before they see this account again.",
    ),
    (Notice::SecondFactorOptional, "second-factor-optional", "Members may do without a second factor."),
    (Notice::AccountDeleted, "account-deleted", "The account is deleted."),
    (Notice::PasswordChanged, "password-changed", "The password is changed. Your other sessions are signed out."),
    (Notice::SignedOut, "signed-out", "You are signed out."),
];

impl Notice {
    /// The word that travels in the cookie.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The sentence that the page shows.
    pub fn sentence(self) -> &'static str {
        self.row().2
    }

    /// The notice of a word; None for words that are not ours.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        ALL.iter().copied().find(|row| row.0 == self).unwrap_or(ALL[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_comes_back_by_its_name() {
        for &(notice, name, _) in ALL {
            assert_eq!(Notice::named(name), Some(notice));
            assert_eq!(notice.name(), name);
        }
        assert_eq!(Notice::named("<script>"), None);
    }
}
