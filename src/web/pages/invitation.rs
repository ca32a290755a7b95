//! Accepting an invitation while signed in.

use askama::Template;

use crate::web::shell::Shell;

/// One question: join this account?
#[derive(Debug, Template)]
#[template(path = "pages/invitation.html")]
pub struct InvitationPage {
    /// The frame.
    pub shell: Shell,
    /// The account that invites.
    pub account_name: String,
    /// Who would join.
    pub email: String,
    /// `member` or `admin`.
    pub role: &'static str,
    /// Where the form goes.
    pub action: String,
}
