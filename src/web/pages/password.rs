//! Asks for the password again.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// The password, and what was asked for before.
#[derive(Debug, Template)]
#[template(path = "pages/password.html")]
pub struct PasswordPage {
    /// The frame.
    pub shell: Shell,
    /// Continues "Enter your password to …".
    pub what: &'static str,
    /// Whose password.
    pub email: String,
    /// The control.
    pub password: Control,
    /// Where the form goes.
    pub action: String,
    /// The values that go along.
    pub carried: Vec<(&'static str, String)>,
    /// The way back.
    pub back_path: &'static str,
}
