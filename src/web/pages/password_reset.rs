//! Setting a new password with a link of the operator's.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// The new password.
#[derive(Debug, Template)]
#[template(path = "pages/password_reset.html")]
pub struct PasswordResetPage {
    /// The frame.
    pub shell: Shell,
    /// Whose password.
    pub email: String,
    /// The control.
    pub password: Control,
    /// Where the form goes.
    pub action: String,
}
