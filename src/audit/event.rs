//! The kinds of entries, and how they are called.

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody signed in.
    SignedIn,
    /// Somebody tried to.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// A person ended some of their sessions.
    SessionsEnded,
    /// A person changed their password.
    PasswordChanged,
    /// A person set a new password with a link of the operator's.
    PasswordReset,
    /// A person turned their second factor on.
    SecondFactorOn,
    /// A person turned their second factor off.
    SecondFactorOff,
    /// A person made new recovery codes.
    RecoveryCodesMade,
    /// A recovery code took the place of the second factor.
    RecoveryCodeUsed,
    /// An admin asks for a second factor, or no longer.
    SecondFactorRequired,
    /// The account was made.
    AccountCreated,
    /// The account has another name.
    AccountRenamed,
    /// The Enable Broadcast switch.
    BroadcastSwitched,
    /// Account-wide Privacy Mode.
    PrivacySwitched,
    /// A key was made.
    KeyCreated,
    /// A key was ended.
    KeyRevoked,
    /// An invitation was made.
    MemberInvited,
    /// An invitation was taken back.
    InvitationWithdrawn,
    /// Somebody accepted an invitation.
    MemberJoined,
    /// A member may do more or less than before.
    RoleChanged,
    /// A member was removed.
    MemberRemoved,
    /// A member left.
    MemberLeft,
    /// A destination passed its test and was stored.
    DestinationCreated,
    /// A destination's new values passed their test and were stored.
    DestinationEdited,
    /// A destination has another name.
    DestinationRenamed,
    /// A destination waits.
    DestinationPaused,
    /// A destination goes on.
    DestinationResumed,
    /// A destination was removed.
    DestinationDeleted,
    /// The operator gave up a secret whose key is lost.
    SecretGivenUp,
}

/// Name in the database, in addresses and in exports; label on the page.
const ALL: [(Event, &str, &str); 30] = [
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
    (Event::KeyCreated, "key_created", "API key created"),
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
    (Event::SecretGivenUp, "secret_given_up", "Secret given up"),
];

impl Event {
    /// The word of the database, of addresses and of exports.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The event of that name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// What a person reads.
    pub fn label(self) -> &'static str {
        self.row().2
    }

    /// All, in the order in which they are offered.
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
