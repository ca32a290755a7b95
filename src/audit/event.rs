//! The kinds of entries, with their names and labels.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    SignedIn,
    /// A password or code was refused.
    SignInFailed,
    SignedOut,
    /// A person ended some of their sessions.
    SessionsEnded,
    PasswordChanged,
    /// A person set a new password with the operator's link.
    PasswordReset,
    /// A person turned their second factor on.
    SecondFactorOn,
    /// A person turned their second factor off.
    SecondFactorOff,
    /// A person made new recovery codes.
    RecoveryCodesMade,
    /// A recovery code took the place of the second factor.
    RecoveryCodeUsed,
    /// An admin began or ceased to require a second factor.
    SecondFactorRequired,
    AccountCreated,
    AccountRenamed,
    BroadcastSwitched,
    /// Account-wide Privacy Mode was switched.
    PrivacySwitched,
    /// Others than before may read prompts and completions.
    ContentReadersChanged,
    /// A person read the prompt and completion of a request.
    ContentRead,
    /// A person exported requests with their prompts and completions.
    ContentExported,
    KeyCreated,
    /// A key was renamed, disabled or enabled.
    KeyEdited,
    KeyRevoked,
    MemberInvited,
    InvitationWithdrawn,
    MemberJoined,
    /// A member got another role.
    RoleChanged,
    MemberRemoved,
    MemberLeft,
    /// A destination passed its test and was stored.
    DestinationCreated,
    /// A destination's new values passed their test and were stored.
    DestinationEdited,
    /// A destination has another name.
    DestinationRenamed,
    DestinationPaused,
    DestinationResumed,
    DestinationDeleted,
    ReplayStarted,
    ReplayPaused,
    ReplayResumed,
    ReplayCancelled,
    DeadLettersDropped,
    /// The operator gave up a secret whose key is lost.
    SecretGivenUp,
}

/// Name in the database, in addresses and in exports; label on the page.
const ALL: [(Event, &str, &str); 39] = [
    (Event::SignedIn, "signed_in", "Signed in"),
    (Event::SignInFailed, "sign_in_failed", "Sign-in failed"),
    (Event::SignedOut, "signed_out", "Signed out"),
    (Event::SessionsEnded, "sessions_ended", "Sessions ended"),
    (Event::PasswordChanged, "password_changed", "Password changed"),
    (Event::PasswordReset, "password_reset", "Password reset"),
    (Event::SecondFactorOn, "second_factor_on", "Second factor turned on"),
    (Event::SecondFactorOff, "second_factor_off", "Second factor turned off"),
    (Event::RecoveryCodesMade, "recovery_codes_made", "Recovery codes made"),
    (Event::RecoveryCodeUsed, "recovery_code_used", "Recovery code used"),
    (Event::SecondFactorRequired, "second_factor_required", "Second factor rule changed"),
    (Event::AccountCreated, "account_created", "Account created"),
    (Event::AccountRenamed, "account_renamed", "Account renamed"),
    (Event::BroadcastSwitched, "broadcast_switched", "Broadcast switched"),
    (Event::PrivacySwitched, "privacy_switched", "Privacy Mode switched"),
    (Event::ContentReadersChanged, "content_readers_changed", "Readers of content changed"),
    (Event::ContentRead, "content_read", "Read a request’s content"),
    (Event::ContentExported, "content_exported", "Exported requests with content"),
    (Event::KeyCreated, "key_created", "API key created"),
    (Event::KeyEdited, "key_edited", "API key edited"),
    (Event::KeyRevoked, "key_revoked", "API key revoked"),
    (Event::MemberInvited, "member_invited", "Invitation created"),
    (Event::InvitationWithdrawn, "invitation_withdrawn", "Invitation withdrawn"),
    (Event::MemberJoined, "member_joined", "Member joined"),
    (Event::RoleChanged, "role_changed", "Role changed"),
    (Event::MemberRemoved, "member_removed", "Member removed"),
    (Event::MemberLeft, "member_left", "Member left"),
    (Event::DestinationCreated, "destination_created", "Destination created"),
    (Event::DestinationEdited, "destination_edited", "Destination edited"),
    (Event::DestinationRenamed, "destination_renamed", "Destination renamed"),
    (Event::DestinationPaused, "destination_paused", "Destination paused"),
    (Event::DestinationResumed, "destination_resumed", "Destination resumed"),
    (Event::DestinationDeleted, "destination_deleted", "Destination deleted"),
    (Event::ReplayStarted, "replay_started", "Replay started"),
    (Event::ReplayPaused, "replay_paused", "Replay paused"),
    (Event::ReplayResumed, "replay_resumed", "Replay resumed"),
    (Event::ReplayCancelled, "replay_cancelled", "Replay cancelled"),
    (Event::DeadLettersDropped, "dead_letters_dropped", "Dead letters dropped"),
    (Event::SecretGivenUp, "secret_given_up", "Secret given up"),
];

impl Event {
    /// The name in the database, in addresses and in exports.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The label on the page.
    pub fn label(self) -> &'static str {
        self.row().2
    }

    /// All events, in the order in which the page offers them.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(|row| row.0)
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        ALL.into_iter().find(|row| row.0 == self).unwrap_or(ALL[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_comes_back_by_its_name() {
        for event in Event::all() {
            assert_eq!(Event::named(event.name()), Some(event));
        }
        assert_eq!(Event::named("nothing"), None);
    }
}
