//! Members: who belongs to the account, their roles, invitations, removal.

use askama::Template;

use crate::web::shell::Shell;
use crate::web::when::When;

/// The list, and the form that makes an invitation link.
#[derive(Debug, Template)]
#[template(path = "pages/members.html")]
pub struct MembersPage {
    /// The frame.
    pub shell: Shell,
    /// Everybody.
    pub members: Vec<MemberRow>,
    /// Links that can still be used.
    pub invitations: Vec<InvitationRow>,
    /// The link that was just made.
    pub new_link: Option<String>,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

/// One member.
#[derive(Debug)]
pub struct MemberRow {
    /// The person's id, as in the address.
    pub id: String,
    /// The address the person signs in with.
    pub email: String,
    /// Whether they may change settings.
    pub is_admin: bool,
    /// Since when.
    pub joined: When,
    /// Whether it is who looks.
    pub is_you: bool,
}

/// One link that can still be used.
#[derive(Debug)]
pub struct InvitationRow {
    /// Its id, as in the address.
    pub id: String,
    /// "Admin" or "Member".
    pub role: &'static str,
    /// Until which day.
    pub expires: String,
}
