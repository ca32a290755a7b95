//! Signing in and out.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// E-mail and password.
#[derive(Debug, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage {
    /// The frame.
    pub shell: Shell,
    /// The local path to go to afterwards; empty for the settings.
    pub next: String,
    /// The controls, in order.
    pub fields: Vec<Control>,
    /// Whether everybody may sign up.
    pub can_sign_up: bool,
}
