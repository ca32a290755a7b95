//! The second step of signing in.

use askama::Template;

use crate::web::control::Control;
use crate::web::shell::Shell;

/// Asks for the code.
#[derive(Debug, Template)]
#[template(path = "pages/code.html")]
pub struct CodePage {
    /// The frame.
    pub shell: Shell,
    /// The local path to go to afterwards.
    pub next: String,
    /// The control.
    pub code: Control,
}
